package io.saviorrec.server.registry;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.config.ConfigException;
import io.saviorrec.server.config.RoutingConfig;
import io.saviorrec.server.engine.BundleEngine;
import io.saviorrec.server.store.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a look at the repository and the routing does, again and again. Owned by one thread.
final class Look {
  private static final Logger log = LoggerFactory.getLogger(Look.class);

  /// The server is closing, so nothing is changed any more.
  static final class ClosingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClosingException() {
      super("the server is closing");
    }
  }

  private final RepositoryLoader loader;
  private final VersionFolders folders;
  private final int keepVersions;
  private final Supplier<RoutingConfig> routing;
  private final Registry registry;
  private final Reloader.Rehearsal rehearsal;
  private final ReloadMetrics metrics;
  private final BooleanSupplier wanted;
  private final List<String> passedOver = new ArrayList<>();
  private RoutingConfig inForce;

  /// Read on any thread.
  private volatile String problem = "";

  /// @param inForce the routing of what is live
  /// @param wanted false when nothing is to be changed any more
  Look(
      RepositoryLoader loader,
      VersionFolders folders,
      int keepVersions,
      Supplier<RoutingConfig> routing,
      Registry registry,
      Reloader.Rehearsal rehearsal,
      ReloadMetrics metrics,
      BooleanSupplier wanted,
      RoutingConfig inForce) {
    this.loader = loader;
    this.folders = folders;
    this.keepVersions = keepVersions;
    this.routing = routing;
    this.registry = registry;
    this.rehearsal = rehearsal;
    this.metrics = metrics;
    this.wanted = wanted;
    this.inForce = inForce;
  }

  /// Why the last look, or its routing, changed nothing; empty when nothing was wrong.
  String problem() {
    return problem;
  }

  /// The same as [#run], and tries what was refused as well.
  ///
  /// @throws ClosingException when nothing is to be changed any more
  ReloadReport runAfresh() {
    requireWanted();
    folders.forgive();
    return run();
  }

  /// Looks, and makes what is live what it should be.
  ///
  /// @throws ClosingException when nothing is to be changed any more
  ReloadReport run() {
    long start = System.nanoTime();
    LiveModels before = registry.current();
    LiveModels after = before;
    String wrong;
    try {
      requireWanted();
      loader.requireKeys();
      folders.look();
      passedOver.clear();
      folders.models().forEach(metrics::show);
      String refused = change(before);
      wrong =
          Stream.concat(Stream.of(refused), passedOver.stream())
              .filter(each -> !each.isEmpty())
              .collect(Collectors.joining("; "));
      after = registry.current();
    } catch (BundleException e) {
      wrong = String.valueOf(e.getMessage());
    }
    tell(wrong);
    return new ReloadReport(
        names(after),
        names(after, before),
        names(before, after),
        folders.refused(),
        folders.waiting(),
        wrong,
        (System.nanoTime() - start) / 1_000_000);
  }

  /// What goes wrong at every look is logged once.
  private void tell(String wrong) {
    if (!wrong.equals(problem)) {
      if (wrong.isEmpty()) {
        log.info("the repository and the routing are followed again");
      } else {
        log.error("the repository, or the routing, is not followed: {}", wrong);
      }
      problem = wrong;
    }
  }

  /// @return what is wrong with the routing; empty when nothing is
  private String change(LiveModels now) {
    Succession succession = new Succession(folders, keepVersions, now.all());
    LiveModels next = now;
    try {
      RoutingConfig wish = routing.get();
      String wrong = "";
      try {
        next = succession.next(wish, true, id -> open(id, now));
      } catch (ConfigException e) {
        wrong = String.join("; ", e.problems());
        wish = inForce;
        next = succession.next(inForce, false, id -> open(id, now));
      }
      if (!next.all().equals(now.all()) || !wish.equals(inForce)) {
        requireWanted();
        registry.swap(next);
        inForce = wish;
        log.info("live are {}, after {}", next, now);
      }
      return wrong;
    } finally {
      succession.retireAllBut(registry.current().all());
    }
  }

  private @Nullable LiveModel open(VersionId id, LiveModels now) {
    requireWanted();
    Map<String, Object> files = folders.files(id);
    Bundle bundle;
    try {
      bundle = loader.verify(folders.folder(id));
    } catch (BundleException e) {
      if (folders.doubt(id, files, String.valueOf(e.getMessage()))) {
        metrics.refused(id.model());
      }
      return null;
    }
    try {
      LiveModel model = rehearsed(loader.load(bundle), before(now, id.model()));
      metrics.loaded(id.model());
      return model;
    } catch (RuntimeException | InternalError | LinkageError e) {
      // A mapped table that was cut short gives an error, and so do libraries that do not fit.
      requireWanted();
      log.debug("cannot load {}", id, e);
      if (e instanceof StoreException || BundleEngine.lacksMemory(e)) {
        folders.passOver(id);
        passedOver.add(id + " cannot be loaded now and is tried again: " + reason(e));
        return null;
      }
      folders.refuse(id, files, reason(e));
      metrics.refused(id.model());
      return null;
    }
  }

  private static @Nullable LiveModel before(LiveModels now, String model) {
    return now.names().contains(model) ? now.find(model, 0) : null;
  }

  private LiveModel rehearsed(LiveModel model, @Nullable LiveModel before) {
    boolean ready = false;
    try {
      rehearsal.run(model, before, wanted);
      requireWanted();
      ready = true;
      return model;
    } finally {
      if (!ready) {
        model.retire();
      }
    }
  }

  private static String reason(Throwable e) {
    return switch (e) {
      case BundleException bad -> String.valueOf(bad.getMessage());
      case ConfigException settings -> String.join("; ", settings.problems());
      case StoreException store -> String.valueOf(store.getMessage());
      default -> "it cannot be used: " + e.getMessage();
    };
  }

  private void requireWanted() {
    if (!wanted.getAsBoolean()) {
      throw new ClosingException();
    }
  }

  /// The versions of one snapshot that none of the others has.
  private static List<String> names(LiveModels of, LiveModels... others) {
    List<String> names = new ArrayList<>();
    for (LiveModel model : of.all()) {
      boolean has = false;
      for (LiveModels other : others) {
        has |= other.all().contains(model);
      }
      if (!has) {
        names.add(model.toString());
      }
    }
    return names;
  }
}
