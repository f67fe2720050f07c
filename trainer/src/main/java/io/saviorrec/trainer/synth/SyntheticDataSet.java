package io.saviorrec.trainer.synth;

import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.table.OutputFolder;
import java.io.IOException;
import java.nio.file.Path;

/// A generated world as a data set on disk.
public final class SyntheticDataSet {
  private SyntheticDataSet() {}

  /// Generates a world and writes it; the folder is there whole or not at all.
  ///
  /// @throws UserError when the folder cannot be written
  public static SynthReport write(Path out, SynthPreset preset, long seed) {
    World world;
    try (OutputFolder folder = OutputFolder.begin(out)) {
      world = World.generate(preset, seed);
      world.write(folder.staging());
      folder.finish();
    } catch (IOException e) {
      throw DiskFault.writing(out, e);
    }
    return world.report();
  }
}
