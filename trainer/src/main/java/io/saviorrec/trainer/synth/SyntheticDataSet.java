package io.saviorrec.trainer.synth;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.OutputFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;

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
    } catch (IOException | SQLException e) {
      throw new UserError("cannot write the data set " + out + ": " + e.getMessage(), e);
    }
    return world.report();
  }
}
