package io.saviorrec.trainer.tables;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.TensorSource;
import io.saviorrec.trainer.console.DiskFault;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The finished cells of an experiment, `OUT/cells/ROW.SEED/`: the scores, and `cell.json`, which
/// comes last and whole, so that a cell that has it is finished.
public final class CellStore {
  private static final String DONE = "cell.json";
  private static final String SCORES = "scores.safetensors";
  private static final String TENSOR = "scores";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;

  /// @param out the experiment's folder
  public CellStore(Path out) {
    this.folder = out.resolve("cells");
  }

  /// A cell that was finished with this key.
  Optional<CellResult> find(Cell cell, String key) {
    return find(cell).filter(result -> result.key().equals(key));
  }

  /// A cell that was finished, whatever it depended on.
  public Optional<CellResult> find(Cell cell) {
    Path done = folder.resolve(cell.name()).resolve(DONE);
    if (!Files.isRegularFile(done)) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(done.toFile(), CellResult.class));
    } catch (IOException e) {
      throw DiskFault.reading(done, e);
    }
  }

  /// The scores of a finished cell, in the order of the period's impressions.
  public float[] scores(Cell cell) {
    try (Safetensors file = Safetensors.open(folder.resolve(cell.name()).resolve(SCORES))) {
      return file.require(TENSOR, Safetensors.DType.F32, 1)
          .data()
          .toArray(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
    }
  }

  /// Keeps a cell; from then on it is finished.
  void put(Cell cell, CellResult result, float @Nullable [] scores) {
    Path own = folder.resolve(cell.name());
    Path done = own.resolve(DONE);
    try {
      Files.createDirectories(own);
      // A cell of other settings must not lend its mark to these scores.
      Files.deleteIfExists(done);
      if (scores != null) {
        Safetensors.write(
            own.resolve(SCORES), Map.of(TENSOR, TensorSource.of(scores, scores.length)));
      }
      Path draft = own.resolve(DONE + ".draft");
      Files.write(draft, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(result));
      Files.move(draft, done, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw DiskFault.writing(done, e);
    }
  }
}
