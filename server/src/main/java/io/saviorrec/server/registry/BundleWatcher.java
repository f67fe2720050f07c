package io.saviorrec.server.registry;

import io.saviorrec.bundle.BundleWatch;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks every few seconds whether the files of the live models are still those that were verified.
///
/// A bundle is never changed in place by us, and a mapped item table that others truncate or
/// rewrite gives errors or wrong scores. A version whose folder was removed may have been removed
/// because it is to go: that is a fault only when it is still live after a look at the repository.
public final class BundleWatcher implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(BundleWatcher.class);

  private final Registry registry;
  private final BiConsumer<String, String> failed;
  private final Consumer<String> recovered;
  private final Supplier<? extends CompletableFuture<?>> lookAtRepository;
  private final Map<String, String> reported = new HashMap<>();

  /// Versions whose folders are gone, and the looks that were asked for then.
  private final Map<String, CompletableFuture<?>> removed = new HashMap<>();

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread made = new Thread(task, "bundle-watch");
            made.setDaemon(true);
            return made;
          });

  private BundleWatcher(
      Registry registry,
      Supplier<? extends CompletableFuture<?>> lookAtRepository,
      BiConsumer<String, String> failed,
      Consumer<String> recovered) {
    this.registry = registry;
    this.lookAtRepository = lookAtRepository;
    this.failed = failed;
    this.recovered = recovered;
  }

  /// Looks from now on.
  ///
  /// @param lookAtRepository whether a version that was removed should be live still
  /// @param failed told which bundle is not fit to be used and why, and again when the reason
  ///   changes
  /// @param recovered told when it is well again
  public static BundleWatcher start(
      Registry registry,
      Duration interval,
      Supplier<? extends CompletableFuture<?>> lookAtRepository,
      BiConsumer<String, String> failed,
      Consumer<String> recovered) {
    BundleWatcher watcher = new BundleWatcher(registry, lookAtRepository, failed, recovered);
    long nanos = interval.toNanos();
    var _ =
        watcher.thread.scheduleWithFixedDelay(watcher::look, nanos, nanos, TimeUnit.NANOSECONDS);
    return watcher;
  }

  /// A fault of ours in here must not end the looking.
  private void look() {
    try {
      Set<String> live = new HashSet<>();
      for (LiveModel model : registry.current().all()) {
        String source = "bundle " + model;
        live.add(source);
        if (!mayGo(source, model.files())) {
          model
              .files()
              .problem()
              .ifPresentOrElse(reason -> fail(source, reason), () -> recover(source));
        }
      }
      removed.keySet().retainAll(live);
      Set.copyOf(reported.keySet()).stream()
          .filter(source -> !live.contains(source))
          .forEach(this::recover);
    } catch (RuntimeException e) {
      log.error("cannot look at the bundles' files", e);
    }
  }

  private boolean mayGo(String source, BundleWatch files) {
    if (!files.removed()) {
      removed.remove(source);
      return false;
    }
    return !removed.computeIfAbsent(source, _ -> lookAtRepository.get()).isDone();
  }

  private void fail(String source, String reason) {
    if (!reason.equals(reported.put(source, reason))) {
      log.error("{}: {}", source, reason);
      failed.accept(source, reason);
    }
  }

  private void recover(String source) {
    if (reported.remove(source) != null) {
      log.info("{}: its files are as they were verified", source);
      recovered.accept(source);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
