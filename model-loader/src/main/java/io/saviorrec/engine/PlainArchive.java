package io.saviorrec.engine;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ModelException;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.saviorrec.bundle.BundleException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// A TorchScript archive that belongs to no bundle and keeps no contract: what a bundle's module is
/// compared with. On the CPU.
///
/// Concurrency: used by one thread.
public final class PlainArchive implements AutoCloseable {
  private final Path file;
  private final Model model;
  private final ParameterStore parameters;

  /// One tensor that `forward` takes.
  public sealed interface Input {}

  /// A tensor i64 of this shape.
  public record Longs(long[] values, long... shape) implements Input {}

  /// A tensor f32 of this shape.
  public record Floats(float[] values, long... shape) implements Input {}

  private PlainArchive(Path file, Model model) {
    this.file = file;
    this.model = model;
    this.parameters = new ParameterStore(model.getNDManager(), false);
  }

  /// Loads it. Loading runs code of the archive, so it must be one that the caller made.
  ///
  /// @throws BundleException when it is not an archive that the engine can load
  public static PlainArchive load(Path file) {
    Model model = Model.newInstance(String.valueOf(file.getFileName()), Device.cpu(), "PyTorch");
    try (InputStream in = Files.newInputStream(file)) {
      model.load(in);
    } catch (IOException | ModelException | EngineException e) {
      model.close();
      throw new BundleException(file + " cannot be loaded by the engine", e);
    }
    return new PlainArchive(file, model);
  }

  /// Runs `forward`, which returns one tensor f32: its elements.
  public float[] forward(Input... inputs) {
    try (NDManager scope = model.getNDManager().newSubManager()) {
      NDList list = new NDList(inputs.length);
      for (Input input : inputs) {
        list.add(tensor(scope, input));
      }
      return model.getBlock().forward(parameters, list, false).get(0).toFloatArray();
    } catch (EngineException e) {
      throw new InferenceException(file + " failed", e);
    }
  }

  private static NDArray tensor(NDManager scope, Input input) {
    return switch (input) {
      case Longs longs -> scope.create(longs.values(), new Shape(longs.shape()));
      case Floats floats -> scope.create(floats.values(), new Shape(floats.shape()));
    };
  }

  @Override
  public void close() {
    model.close();
  }
}
