package io.saviorrec.server.registry;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.ModelRepository;
import io.saviorrec.content.ImagePreprocessor;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.states.ItemStates;
import io.saviorrec.server.states.KnownItems;
import io.saviorrec.server.states.ModelItems;
import io.saviorrec.server.store.SentItems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Loads the newest version of every model of a repository.
///
/// All or nothing: a model that cannot be served would be missed only by the requests that name it,
/// so one bad bundle stops the start.
public final class RepositoryLoader {
  private static final Logger log = LoggerFactory.getLogger(RepositoryLoader.class);

  /// Makes a bundle's engine and proves it; tests put a fake here.
  @FunctionalInterface
  public interface EngineLoader {
    /// The engine, ready to score.
    ///
    /// @param slots rows of the item state table
    ModelEngine load(Bundle bundle, int slots);
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

  /// Loads every model or none.
  ///
  /// @throws BundleException with every bundle that cannot be served
  public ModelRegistry load(Path repository) {
    List<Path> versions = ModelRepository.newest(repository);
    warnOfEmptyModels(repository, versions);
    if (versions.isEmpty()) {
      throw new BundleException(
          "no model in " + repository + ": expected " + repository + "/<model>/<version>/");
    }
    List<ModelHandle> loaded = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (Path version : versions) {
      try {
        loaded.add(loadModel(version));
      } catch (BundleException e) {
        log.debug("cannot load {}", version, e);
        problems.add(String.valueOf(e.getMessage()));
      }
    }
    if (!problems.isEmpty()) {
      loaded.forEach(ModelHandle::close);
      throw new BundleException(String.join("; ", problems));
    }
    return new ModelRegistry(loaded);
  }

  private static void warnOfEmptyModels(Path repository, List<Path> versions) {
    for (String model : ModelRepository.models(repository)) {
      Path folder = repository.resolve(model);
      if (versions.stream().noneMatch(version -> version.startsWith(folder))) {
        log.warn("folder {} has no finished version and is not served", folder);
      }
    }
  }

  private ModelHandle loadModel(Path versionDir) {
    long start = System.nanoTime();
    Bundle bundle = Bundle.open(versionDir);
    Manifest manifest = bundle.manifest();
    int perCall = Math.addExact(config.scoring().maxCandidates(), manifest.dims().historyLength());
    int slots =
        ItemStates.slotsFor(config.items().stateCapacity(), config.engine().threads(), perCall);
    ItemTable table = bundle.items();
    ModelEngine engine;
    try {
      engine = engines.load(bundle, slots);
    } catch (Throwable e) {
      table.close();
      throw e;
    }
    KnownItems catalogue = new KnownItems(manifest, table, sent);
    ItemStates states = new ItemStates(engine, catalogue, config.items().stateCapacity(), slots);
    log.info(
        "loaded {}/{} ({}), {} trained items, in {} ms",
        manifest.model(),
        manifest.version(),
        manifest.variant(),
        table.size(),
        (System.nanoTime() - start) / 1_000_000);
    return new ModelHandle(
        manifest,
        engine,
        table,
        new ModelItems(catalogue, states, engine, new ImagePreprocessor(manifest.image().size())),
        new FeatureEncoder(manifest.features().profile()),
        new FeatureEncoder(manifest.features().context()),
        new ModelMetrics(metrics, manifest.model(), manifest.version(), manifest.variant()));
  }
}
