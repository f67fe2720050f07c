package io.saviorrec.engine;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ModelException;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.contract.Signatures;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One TorchScript archive of a bundle and the methods called on it.
///
/// Concurrency: methods may run on many threads at once; closing may not overlap with them.
final class Archive implements AutoCloseable {

  /// DJL calls another method than `forward` when an input bears this name; the input itself is not
  /// passed on.
  private static final String METHOD_HINT = "module_method:";

  /// Begins the line of a message that says why a method of an archive failed.
  private static final String RAISED = "RuntimeError: ";

  private final String file;
  private final Model model;
  private final ParameterStore parameters;
  private final Map<String, NDArray> hints = new LinkedHashMap<>();

  private Archive(String file, Model model) {
    this.file = file;
    this.model = model;
    this.parameters = new ParameterStore(model.getNDManager(), false);
  }

  /// Loads an archive onto a device.
  ///
  /// @param methods every method that will be called
  /// @throws BundleException when it is not an archive that the engine can load
  static Archive load(Bundle bundle, String file, Device device, List<String> methods) {
    Model model = Model.newInstance(file, device, "PyTorch");
    // Loading runs code of the archive, so it is read and verified first, and loaded from there.
    // The stream frees that copy once the engine has its own.
    try (InputStream verified = SegmentStream.of(arena -> bundle.read(file, arena))) {
      // Tensors were saved on a CPU; the option moves them to the device.
      model.load(verified, Map.of("mapLocation", "true"));
      // DJL makes an empty folder for each stream, which would stay until the process ends well.
      Files.deleteIfExists(model.getModelPath());
    } catch (BundleException e) {
      model.close();
      throw e;
    } catch (IOException | ModelException | EngineException e) {
      model.close();
      throw bundle.broken(file, "cannot be loaded by the engine: " + firstLine(e), e);
    }
    Archive archive = new Archive(file, model);
    for (String method : methods) {
      NDArray hint = model.getNDManager().create(0L);
      hint.setName(METHOD_HINT + method);
      archive.hints.put(method, hint);
    }
    return archive;
  }

  /// A scope for the tensors of one call; closing it frees them all.
  NDManager scope() {
    return model.getNDManager().newSubManager();
  }

  /// Runs a method. The result belongs to the scope that the first input was created in.
  NDList call(String method, List<NDArray> inputs) {
    NDArray hint = hints.get(method);
    if (hint == null) {
      throw new IllegalArgumentException("%s was loaded without %s".formatted(file, method));
    }
    NDList list = new NDList(inputs);
    list.add(hint);
    try {
      return model.getBlock().forward(parameters, list, false);
    } catch (EngineException e) {
      throw new InferenceException(failure(method, e), e);
    }
  }

  /// What is to be said of each method that it was loaded with and does not have.
  List<String> missing() {
    List<String> missing = new ArrayList<>();
    hints.forEach(
        (method, hint) -> {
          try {
            // Whatever it takes, without it a method that is there does nothing.
            model.getBlock().forward(parameters, new NDList(hint), false).close();
          } catch (EngineException e) {
            if (isUndefined(method, e)) {
              missing.add("it has no method " + Signatures.of(method));
            }
          }
        });
    return missing;
  }

  private static boolean isUndefined(String method, EngineException e) {
    return String.valueOf(e.getMessage()).startsWith("Method '" + method + "' is not defined");
  }

  /// Tensors that have not been freed, for tests.
  int liveTensors() {
    return model.getNDManager().getManagedArrays().size();
  }

  @Override
  public void close() {
    model.close();
  }

  private String failure(String method, EngineException e) {
    // What went wrong inside of the method comes last, after the lines of its source.
    String reason =
        String.valueOf(e.getMessage())
            .lines()
            .filter(line -> line.startsWith(RAISED))
            .reduce((_, last) -> last)
            .map(line -> line.substring(RAISED.length()))
            .orElseGet(() -> firstLine(e));
    return "%s %s failed: %s; it is called as %s"
        .formatted(file, method, reason, Signatures.of(method));
  }

  /// libtorch's messages go on with a stack trace of native frames.
  private static String firstLine(Exception e) {
    return e.getMessage() == null
        ? e.toString()
        : e.getMessage()
            .lines()
            .map(String::strip)
            .filter(l -> !l.isEmpty())
            .findFirst()
            .orElse("");
  }
}
