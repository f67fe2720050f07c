package io.saviorrec.server.registry;

/// Hears of what makes the server unfit to answer, and that it is over.
public interface FaultListener {
  /// Called once when something goes wrong, and again when the reason changes.
  ///
  /// @param source what is at fault
  /// @param reason why, in one line
  void failed(String source, String reason);

  /// Called once when it is well again.
  void recovered(String source);
}
