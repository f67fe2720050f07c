package io.saviorrec.server.request;

/// Hears of the end of every call, whatever became of it.
@FunctionalInterface
public interface CallObserver {
  /// Called once a call, when its caller has got everything that it will ever get.
  ///
  /// @param method of the service, for instance `saviorrec.v1.Scoring/Score`
  /// @param status `OK` or the name of the gRPC code that the caller saw
  void ended(String method, String status, StageTimes times);
}
