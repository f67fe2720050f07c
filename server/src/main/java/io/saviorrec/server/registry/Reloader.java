package io.saviorrec.server.registry;

import io.saviorrec.bundle.BundleException;
import io.saviorrec.config.ConfigException;
import io.saviorrec.server.batching.IdleThreads;
import io.saviorrec.server.config.ModelsConfig;
import io.saviorrec.server.config.RoutingConfig;
import io.saviorrec.server.metrics.Meters;
import io.saviorrec.server.request.FatalErrors;
import io.saviorrec.server.routing.Router;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one owner of change: makes what is live what the repository and the routing say.
///
/// A look ([Look]): which versions are there; which of them are wanted ([WantedVersions]); those
/// that are not live yet are verified, loaded, proved and rehearsed one after the other, beside
/// traffic; then the next snapshot is put in the place of the current one ([Registry#swap]) as a
/// whole. A version that is no good is refused ([VersionFolders]) and the look goes on as if it
/// were not there, so the version before it stays. A routing that names what is not there is
/// refused as a whole, and the one in force stays. A model is never taken away: when none of its
/// versions is left in the repository, the live ones stay.
/*
 * Concurrency: looks take turns on one thread, which runs on the processor time that others leave.
 * Only that thread makes models and swaps; before it begins, the start does, on its own.
 *
 * Shutdown: a look that is running ends at its next step and changes nothing.
 */
public final class Reloader implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Reloader.class);

  /// After this a look that was asked for looks again at versions that may be incomplete.
  private static final Duration DOUBT = Duration.ofSeconds(1);

  private static final long CLOSE_SECONDS = 5;

  /// Prepares a version for traffic before it gets any.
  @FunctionalInterface
  public interface Rehearsal {
    /// Returns when the version scores as it will for callers.
    ///
    /// @param fresh not live yet
    /// @param before the version of the model that callers use now; null: none
    /// @param wanted false when nothing is to be done any more
    void run(LiveModel fresh, @Nullable LiveModel before, BooleanSupplier wanted);
  }

  private final ModelsConfig config;
  private final RepositoryLoader loader;
  private final Supplier<RoutingConfig> routing;
  private final RoutingConfig firstRouting;
  private final VersionFolders folders;
  private final ReloadMetrics metrics;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(new IdleThreads("reload"));
  private final CountDownLatch closing = new CountDownLatch(1);

  /// What was asked for and has not begun.
  private final AtomicReference<@Nullable CompletableFuture<ReloadReport>> asked =
      new AtomicReference<>();

  private volatile @Nullable Look look;

  /// @param routing asked at each look
  /// @param meters a group for what comes and goes
  public Reloader(
      Path repository,
      ModelsConfig config,
      RepositoryLoader loader,
      Supplier<RoutingConfig> routing,
      Meters meters) {
    this.config = config;
    this.loader = loader;
    this.routing = routing;
    this.firstRouting = routing.get();
    this.folders = new VersionFolders(repository);
    this.metrics = new ReloadMetrics(meters, folders, () -> !problem().isEmpty());
  }

  /// Loads what is live from the start: of each model the newest good versions.
  ///
  /// @throws BundleException with every reason, when the model that answers by default has no good
  ///   version; with `models.strict` when any version that is wanted is bad
  /// @throws ConfigException when the routing names what is not there
  public LiveModels first() {
    folders.look();
    folders.models().forEach(metrics::show);
    Succession succession = new Succession(folders, config.keepVersions(), List.of());
    List<LiveModel> taken = List.of();
    try {
      LiveModels first;
      try {
        first = succession.next(firstRouting, true, this::openAtStart);
      } catch (ConfigException e) {
        if (config.strict() || folders.usable().isEmpty()) {
          requireGood(Map.of());
        }
        // What the routing names may be what was refused.
        List<String> problems = new ArrayList<>(e.problems());
        folders.refused().forEach(bad -> problems.add(bad.reason()));
        throw new ConfigException(problems);
      }
      NavigableMap<String, Long> newest = new TreeMap<>();
      first.all().forEach(model -> newest.put(model.model(), model.version()));
      requireGood(newest);
      taken = first.all();
      return first;
    } finally {
      succession.retireAllBut(taken);
    }
  }

  private @Nullable LiveModel openAtStart(VersionId id) {
    Map<String, Object> files = folders.files(id);
    try {
      LiveModel model = loader.load(folders.folder(id));
      metrics.loaded(id.model());
      return model;
    } catch (BundleException e) {
      log.debug("cannot load {}", id, e);
      folders.refuse(id, files, String.valueOf(e.getMessage()));
      metrics.refused(id.model());
      return null;
    }
  }

  /// What may be missing at the start is a version for which a good older one stands in, or a model
  /// that answers only those who name it.
  private void requireGood(Map<String, Long> newest) {
    List<RefusedVersion> refused = folders.refused();
    if (refused.isEmpty()) {
      return;
    }
    if (config.strict() || newest.isEmpty() || !newest.containsKey(defaultOfAll())) {
      throw new BundleException(
          String.join("; ", refused.stream().map(RefusedVersion::reason).toList()));
    }
    for (RefusedVersion bad : refused) {
      Long instead = newest.get(bad.model());
      if (instead == null) {
        log.error("starts without {}: none of its versions is good", bad.model());
      } else if (instead < bad.version()) {
        log.error(
            "starts with {}/{} in the place of {}, which is refused", bad.model(), instead, bad);
      }
    }
  }

  /// The model that would answer by default if every model were good; empty when that is not clear.
  private String defaultOfAll() {
    return Router.defaultModel(firstRouting, folders.models());
  }

  /// Looks from now on, every so often and when it is asked to.
  ///
  /// @param registry of what [#first] gave
  /// @param rehearsal of each version before it gets traffic
  public void begin(Registry registry, Rehearsal rehearsal) {
    Look begun =
        new Look(
            loader,
            folders,
            config.keepVersions(),
            routing,
            registry,
            rehearsal,
            metrics,
            () -> closing.getCount() > 0,
            firstRouting);
    look = begun;
    long nanos = config.pollInterval().toNanos();
    if (nanos > 0) {
      var _ =
          thread.scheduleWithFixedDelay(
              () -> lookQuietly(begun), nanos, nanos, TimeUnit.NANOSECONDS);
    }
  }

  /// A fault of ours in here must not end the looking.
  private void lookQuietly(Look begun) {
    try {
      ReloadReport _ = begun.run();
    } catch (Look.ClosingException _) {
      // Nothing was changed.
    } catch (Throwable e) {
      FatalErrors.endIfFatal(e);
      log.error("cannot look at the repository", e);
    }
  }

  /// What looks, for tests; null before the beginning.
  @Nullable Look begun() {
    return look;
  }

  /// Looks soon, sees what has changed until now, and tries refused versions again. Looks that were
  /// asked for and have not begun are one.
  ///
  /// @return what came of it
  public CompletableFuture<ReloadReport> look() {
    Look begun = look;
    if (begun == null) {
      return CompletableFuture.failedFuture(new IllegalStateException("the server is starting"));
    }
    CompletableFuture<ReloadReport> mine = new CompletableFuture<>();
    while (!asked.compareAndSet(null, mine)) {
      CompletableFuture<ReloadReport> before = asked.get();
      if (before != null) {
        return before;
      }
    }
    try {
      thread.execute(() -> answer(begun, mine));
    } catch (RejectedExecutionException e) {
      mine.completeExceptionally(new Look.ClosingException());
    }
    return mine;
  }

  private void answer(Look begun, CompletableFuture<ReloadReport> report) {
    asked.set(null);
    try {
      ReloadReport first = begun.runAfresh();
      if (first.waiting().isEmpty()) {
        report.complete(first);
      } else {
        boolean _ = closing.await(DOUBT.toNanos(), TimeUnit.NANOSECONDS);
        report.complete(begun.run().after(first));
      }
    } catch (Throwable e) {
      FatalErrors.endIfFatal(e);
      if (!(e instanceof Look.ClosingException)) {
        log.error("cannot look at the repository", e);
      }
      report.completeExceptionally(e);
    }
  }

  /// The versions that are refused, with their reasons.
  public List<RefusedVersion> refused() {
    return folders.refused();
  }

  /// Why the repository, or the routing that is configured, is not followed; empty when both are.
  public String problem() {
    Look begun = look;
    return begun == null ? "" : begun.problem();
  }

  /// Changes nothing any more, and begins no look.
  public void stop() {
    closing.countDown();
    thread.shutdown();
  }

  /// Waits for a look that is running to end.
  @Override
  public void close() {
    stop();
    try {
      if (!thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        log.warn("a version is still being loaded; leaving it to the exit");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
