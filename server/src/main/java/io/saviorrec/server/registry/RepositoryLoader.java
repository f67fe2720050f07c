package io.saviorrec.server.registry;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.ModelRepository;
import io.saviorrec.bundle.TrustedKeys;
import io.saviorrec.contract.UserTastes;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.engine.Slots;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.states.ModelStates;
import io.saviorrec.server.store.SentItems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes live models of the bundles of a repository.
public final class RepositoryLoader {
  private static final Logger log = LoggerFactory.getLogger(RepositoryLoader.class);

  /// Makes a bundle's engine and proves it; tests put a fake here.
  @FunctionalInterface
  public interface EngineLoader {
    /// The engine, ready to score.
    ///
    /// @param slots rows of the item state table
    ModelEngine load(Bundle bundle, Slots slots);
  }

  private final ServerConfig config;
  private final EngineLoader engines;
  private final SentItems sent;
  private final ServerMetrics metrics;

  public RepositoryLoader(
      ServerConfig config, EngineLoader engines, SentItems sent, ServerMetrics metrics) {
    this.config = config;
    this.engines = engines;
    this.sent = sent;
    this.metrics = metrics;
  }

  /// The folders of the versions to load, the newest of each model. Loads nothing.
  ///
  /// @throws BundleException when there is none
  public static List<Path> find(Path repository) {
    if (Files.isRegularFile(repository.resolve(Bundle.MANIFEST))) {
      throw new BundleException(
          repository
              + " is one version of a model; name the repository, the folder above its model: "
              + parent(parent(repository)));
    }
    List<Path> versions = ModelRepository.newest(repository);
    if (versions.isEmpty()) {
      throw new BundleException("no model in " + repository + ": " + whatIsThere(repository));
    }
    warnOfWhatIsNotServed(repository, versions);
    return versions;
  }

  private static Path parent(Path folder) {
    Path parent = folder.toAbsolutePath().normalize().getParent();
    return parent == null ? folder : parent;
  }

  /// A model's folder is easily taken for a repository.
  private static String whatIsThere(Path repository) {
    return ModelRepository.holdsVersions(repository)
        ? "it is the folder of one model; name the repository above it: " + parent(repository)
        : "expected " + repository + "/<model>/<version>/";
  }

  private static void warnOfWhatIsNotServed(Path repository, List<Path> versions) {
    ModelRepository.unfinished(repository).forEach(log::warn);
    for (String model : ModelRepository.models(repository)) {
      Path folder = repository.resolve(model);
      if (versions.stream().noneMatch(version -> version.startsWith(folder))) {
        log.warn("{} has no finished version and is not served", folder);
      }
    }
  }

  /// Loads a version and proves it; each of its files is hashed when it is read, and not before.
  ///
  /// @throws BundleException when it cannot be served or is of nobody trusted
  LiveModel load(Path version) {
    return load(Bundle.openToLoad(version, trustedKeys()));
  }

  /// A version whose files are all there and what its manifest says; none of them is used before
  /// that.
  ///
  /// @throws BundleException when they are not, or it is of nobody trusted
  Bundle verify(Path version) {
    return Bundle.open(version, trustedKeys());
  }

  /// @throws BundleException when it cannot be said who is trusted
  void requireKeys() {
    TrustedKeys _ = trustedKeys();
  }

  private TrustedKeys trustedKeys() {
    String path = config.bundles().trustedKeys();
    try {
      return path == null ? TrustedKeys.ANYBODY : TrustedKeys.load(Path.of(path));
    } catch (BundleException e) {
      throw new BundleException("bundles.trustedKeys: " + e.getMessage(), e);
    }
  }

  /// Loads a version and proves it.
  ///
  /// @throws BundleException when it cannot be served
  LiveModel load(Bundle bundle) {
    long start = System.nanoTime();
    Manifest manifest = bundle.manifest();
    bundle.requireLineage();
    ModelStates.Capacity capacity = capacity(manifest, config);
    // Beside the archives: hashing a large table takes as long as they do.
    CompletableFuture<Tables> opening =
        CompletableFuture.supplyAsync(
            () -> Tables.open(bundle), task -> Thread.ofPlatform().name("item-table").start(task));
    ModelEngine engine;
    try {
      engine = engines.load(bundle, capacity.slots());
    } catch (Throwable e) {
      var _ = opening.thenAccept(Tables::close);
      throw e;
    }
    Tables tables = opened(opening, engine);
    LiveModel model =
        new LiveModel(
            manifest,
            bundle.watch(),
            engine,
            tables.items(),
            tables.tastes(),
            sent,
            metrics.group(),
            config.items().imageLimits(),
            capacity);
    ModelGauges.memory(model.metrics(), bundle, capacity.slots());
    log.info(
        "loaded {} ({}), {} trained items, {} taste profiles, in {} ms",
        model,
        manifest.variant(),
        tables.items().size(),
        tables.tastes().users(),
        (System.nanoTime() - start) / 1_000_000);
    return model;
  }

  /// A bundle's mapped tables.
  private record Tables(ItemTable items, UserTastes tastes) {
    static Tables open(Bundle bundle) {
      ItemTable items = bundle.items();
      try {
        return new Tables(items, UserTastes.of(bundle));
      } catch (RuntimeException e) {
        items.close();
        throw e;
      }
    }

    void close() {
      items.close();
      tastes.close();
    }
  }

  private static ModelStates.Capacity capacity(Manifest manifest, ServerConfig config) {
    return ModelStates.Capacity.of(
        manifest,
        config.items().stateCapacity(),
        config.users().stateBytes(),
        config.engine().threads() + config.items().encodeThreads(),
        config.scoring().maxCandidates());
  }

  /// Rows of a model's state tables.
  public static Slots slots(Manifest manifest, ServerConfig config) {
    return capacity(manifest, config).slots();
  }

  private static Tables opened(CompletableFuture<Tables> opening, ModelEngine engine) {
    try {
      return opening.join();
    } catch (CompletionException e) {
      engine.close();
      if (e.getCause() instanceof BundleException problem) {
        throw problem;
      }
      throw e;
    }
  }
}
