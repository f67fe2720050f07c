package io.saviorrec.server.request;

/// Hears of the end of one call, in whose [StageTimes] it lies.
@FunctionalInterface
public interface CallEnd {
  /// Called once.
  ///
  /// @param method of the metrics
  /// @param status that the caller saw
  /// @param nanos from the arrival of the headers
  void ended(String method, String status, long nanos);
}
