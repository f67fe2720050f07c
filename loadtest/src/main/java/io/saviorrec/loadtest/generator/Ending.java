package io.saviorrec.loadtest.generator;

import io.grpc.Status;

/// How a call ended. Times are by `System.nanoTime`.
///
/// @param answer empty when the call failed
/// @param intendedNanos when its request was meant to be sent
/// @param sentNanos when it was sent
public record Ending(
    Status status,
    byte[] answer,
    long intendedNanos,
    long sentNanos,
    long endNanos,
    int requestBytes) {

  /// From the time at which the request was meant to be sent.
  public long latencyNanos() {
    return endNanos - intendedNanos;
  }

  /// How late the request was sent.
  public long lagNanos() {
    return sentNanos - intendedNanos;
  }
}
