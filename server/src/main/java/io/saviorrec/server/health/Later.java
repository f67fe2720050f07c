package io.saviorrec.server.health;

import java.time.Duration;

/// Runs something after a while, one thing at a time; tests say when.
@FunctionalInterface
public interface Later {
  void run(Duration delay, Runnable task);
}
