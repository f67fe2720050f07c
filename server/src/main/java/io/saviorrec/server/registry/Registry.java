package io.saviorrec.server.registry;

import io.saviorrec.server.config.RoutingConfig;
import io.saviorrec.server.routing.Route;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/// Owns what is live: the current snapshot, and the models' lives.
/*
 * Concurrency: a call reads the current snapshot, chooses a model in it and retains that model. If
 * the model was let go in between, the snapshot had been replaced before, so the call reads the
 * current one again: a swap fails no call. All of a call's questions are answered by the snapshot
 * that it chose in, so its view is of one moment.
 *
 * Swap: the new snapshot is published first, then the models that only the old one had are retired.
 * Models that both have stay as they are. Calls in flight keep theirs open; the last one frees it.
 *
 * Shutdown: close retires everything. Nothing can be acquired afterwards.
 */
public final class Registry implements AutoCloseable {
  private volatile LiveModels current;
  private volatile boolean closed;

  /// Takes over the models of the first snapshot.
  public Registry(LiveModels first) {
    this.current = first;
  }

  /// What is live now. Its models may be closed at any moment; [#acquire] keeps one open.
  public LiveModels current() {
    return current;
  }

  /// Holds the model that answers a call.
  ///
  /// @param choice the route by the snapshot that it is given; its exceptions are passed on
  public ModelHandle acquire(Function<LiveModels, Route> choice) {
    while (true) {
      LiveModels now = current;
      Route route = choice.apply(now);
      LiveModel model = now.find(route.model(), route.version());
      if (model.retain()) {
        return new ModelHandle(model, route);
      }
      requireReplaced(now);
    }
  }

  /// Holds every model that is live.
  public SnapshotHandle acquireAll() {
    while (true) {
      LiveModels now = current;
      List<LiveModel> held = new ArrayList<>();
      for (LiveModel model : now.all()) {
        if (model.retain()) {
          held.add(model);
        }
      }
      if (held.size() == now.all().size()) {
        return new SnapshotHandle(now);
      }
      held.forEach(LiveModel::release);
      requireReplaced(now);
    }
  }

  private void requireReplaced(LiveModels snapshot) {
    if (closed || current == snapshot) {
      throw new IllegalStateException("the models " + snapshot + " are closed");
    }
  }

  /// Puts another snapshot in the place of the current one and retires what only that one had.
  ///
  /// @param next takes over its models; all of them are open
  public synchronized void swap(LiveModels next) {
    if (closed) {
      throw new IllegalStateException("the registry is closed");
    }
    for (LiveModel model : next.all()) {
      if (!model.open()) {
        throw new IllegalArgumentException(model + " was retired before");
      }
    }
    LiveModels previous = current;
    current = next;
    Set<LiveModel> kept = Collections.newSetFromMap(new IdentityHashMap<>());
    kept.addAll(next.all());
    for (LiveModel model : previous.all()) {
      if (!kept.contains(model)) {
        model.retire();
      }
    }
  }

  /// Puts the same models under another routing.
  ///
  /// @throws io.saviorrec.config.ConfigException when it names what is not live; nothing has
  ///   changed then
  public synchronized void route(RoutingConfig routing) {
    swap(new LiveModels(current.all(), routing.labels(), routing));
  }

  /// Retires every model.
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      current.all().forEach(LiveModel::retire);
    }
  }
}
