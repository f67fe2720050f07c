package io.saviorrec.loadtest.measure;

/// Is told how a load goes on while it runs.
@FunctionalInterface
public interface Watcher {
  /// Called about once a second, by one thread at a time.
  void see(Sight sight);

  /// A load while it runs.
  ///
  /// @param target on which server
  /// @param second from its begin, warm-up included
  /// @param seconds how long it is meant to be, warm-up included
  /// @param warmingUp whether what is seen does not count
  /// @param perSecond requests that are meant to be sent
  /// @param ended answers and failures a second, since the last time
  /// @param failed from the begin
  /// @param inFlight requests without an answer so far
  /// @param p50Millis since the last time; NaN without any answer
  record Sight(
      String target,
      double second,
      double seconds,
      boolean warmingUp,
      double perSecond,
      double ended,
      long failed,
      long inFlight,
      double p50Millis,
      double p99Millis) {}
}
