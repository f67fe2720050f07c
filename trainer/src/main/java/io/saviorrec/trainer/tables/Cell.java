package io.saviorrec.trainer.tables;

/// One row trained with one seed.
///
/// @param seed of the model
public record Cell(TableRow row, long seed) {

  /// Its folder's name.
  String name() {
    return row.name() + "." + seed;
  }

  @Override
  public String toString() {
    return row.name() + ", seed " + seed;
  }
}
