package io.saviorrec.server;

import io.saviorrec.server.registry.FaultListener;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What makes the server unfit to answer now.
final class Faults implements FaultListener {
  private final Map<String, String> reasons = new ConcurrentHashMap<>();

  @Override
  public void failed(String source, String reason) {
    reasons.put(source, reason);
  }

  @Override
  public void recovered(String source) {
    reasons.remove(source);
  }

  boolean none() {
    return reasons.isEmpty();
  }
}
