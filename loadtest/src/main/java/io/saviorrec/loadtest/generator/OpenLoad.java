package io.saviorrec.loadtest.generator;

/// What an open load sends, and who is told how it ended.
public interface OpenLoad {
  /// Request number `number`, from 0; asked for a moment before it is due, by the thread that
  /// sends.
  byte[] request(int number);

  /// Told of every request that was due, by the threads of the connections.
  void ended(int number, Ending ending);
}
