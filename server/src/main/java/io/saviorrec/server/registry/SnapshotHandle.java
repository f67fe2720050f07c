package io.saviorrec.server.registry;

import java.util.concurrent.atomic.AtomicBoolean;

/// A hold on every model of one snapshot, for work that concerns all of them.
public final class SnapshotHandle implements AutoCloseable {
  private final LiveModels models;
  private final AtomicBoolean held = new AtomicBoolean(true);

  /// @param models each retained for this handle
  SnapshotHandle(LiveModels models) {
    this.models = models;
  }

  public LiveModels models() {
    return models;
  }

  /// Lets all of them go, once however often it is called.
  @Override
  public void close() {
    if (held.getAndSet(false)) {
      models.all().forEach(LiveModel::release);
    }
  }
}
