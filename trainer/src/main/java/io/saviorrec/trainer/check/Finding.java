package io.saviorrec.trainer.check;

/// Something about a data set that its owner should know.
///
/// @param level how bad it is
/// @param text what it is and what to do about it, in one sentence
public record Finding(Level level, String text) {
  /// How bad a finding is.
  public enum Level {
    /// No model can be trained.
    ERROR,
    /// A model can be trained, and will be worse or judged wrongly.
    WARNING,
    /// Worth knowing.
    NOTE
  }
}
