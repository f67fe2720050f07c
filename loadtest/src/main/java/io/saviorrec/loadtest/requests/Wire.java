package io.saviorrec.loadtest.requests;

import io.saviorrec.proto.v1.ScoreRequest;

/// How scoring requests go over the wire to one kind of server, and how its answers are read.
/// Thread-safe.
public interface Wire {
  /// The service's full name.
  String service();

  String method();

  /// A request as it goes over the wire.
  ///
  /// @throws RequestsException when this kind of server cannot be asked that
  byte[] encode(ScoreRequest request);

  /// What an answer is worth.
  ///
  /// @param scores how many it should have
  Verdict read(byte[] answer, int scores);

  /// What an answer is worth.
  enum Verdict {
    WHOLE,
    /// The server left work out because of overload.
    DEGRADED,
    /// It has not the scores that were asked for.
    WRONG
  }
}
