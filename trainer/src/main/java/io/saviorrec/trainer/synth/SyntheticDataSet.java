package io.saviorrec.trainer.synth;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.table.OutputFolder;
import java.nio.file.Path;

/// A generated world as a data set on disk.
public final class SyntheticDataSet {
  private SyntheticDataSet() {}

  /// Generates a world and writes it; the folder is there whole or not at all.
  ///
  /// @param pctrBase whether the log tells what the shop's present ranker predicts
  /// @throws UserError when the folder cannot be written
  public static SynthReport write(
      Path out, WorldSize size, Assortment assortment, boolean pctrBase, long seed) {
    World world =
        OutputFolder.fill(
            out,
            folder -> {
              World generated = World.generate(size, seed);
              generated.write(folder, assortment, pctrBase);
              return generated;
            });
    return world.report();
  }
}
