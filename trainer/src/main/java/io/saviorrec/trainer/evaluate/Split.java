package io.saviorrec.trainer.evaluate;

import io.saviorrec.trainer.data.log.Cuts;

/// A period of a data set's log.
public enum Split {
  TRAIN,
  VALIDATION,
  TEST;

  /// The first second.
  public long from(Cuts cuts) {
    return switch (this) {
      case TRAIN -> cuts.warmupUntil();
      case VALIDATION -> cuts.validationFrom();
      case TEST -> cuts.testFrom();
    };
  }

  /// The second after the last.
  public long until(Cuts cuts) {
    return switch (this) {
      case TRAIN -> cuts.validationFrom();
      case VALIDATION -> cuts.testFrom();
      case TEST -> Long.MAX_VALUE;
    };
  }
}
