package io.saviorrec.trainer.console;

/// A model that was trained and is no good by its own measures: the same data and settings would
/// make the same one again.
public final class RefusedModel extends UserError {
  /// Exit status of a run that ended so; a Job need not try it again.
  public static final int STATUS = 4;

  private static final long serialVersionUID = 1L;

  public RefusedModel(String message) {
    super(message);
  }
}
