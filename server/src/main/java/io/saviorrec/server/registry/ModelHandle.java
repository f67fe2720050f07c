package io.saviorrec.server.registry;

import io.saviorrec.server.routing.Route;
import java.util.concurrent.atomic.AtomicBoolean;

/// One call's hold on the model that answers it: until [#close] the model stays open, whatever is
/// live by then.
public final class ModelHandle implements AutoCloseable {
  private final LiveModel model;
  private final Route route;
  private final AtomicBoolean held = new AtomicBoolean(true);

  /// @param model retained for this handle
  ModelHandle(LiveModel model, Route route) {
    this.model = model;
    this.route = route;
  }

  public LiveModel model() {
    return model;
  }

  /// How the model was chosen.
  public Route route() {
    return route;
  }

  /// Lets the model go, once however often it is called.
  @Override
  public void close() {
    if (held.getAndSet(false)) {
      model.release();
    }
  }
}
