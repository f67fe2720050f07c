package io.saviorrec.trainer.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Stream;

/// The demo's work folder, which remembers the steps that were finished in it.
final class DemoFolder {
  private static final String STATE = "demo.json";

  /// The steps whose results are kept, in their order.
  enum Step {
    DATA,
    TRAIN,
    EVALUATE
  }

  /// What the state file holds.
  ///
  /// @param steps what each finished step was made from
  private record State(Map<Step, String> steps) {}

  private final Path folder;
  private final Map<Step, String> done;

  private DemoFolder(Path folder, Map<Step, String> done) {
    this.folder = folder;
    this.done = done;
  }

  /// Opens or creates it.
  ///
  /// @throws UserError when the folder holds anything that is not of a demo
  static DemoFolder open(Path folder, boolean fresh) {
    try {
      Path state = folder.resolve(STATE);
      Map<Step, String> done = new EnumMap<>(Step.class);
      if (Files.isRegularFile(state)) {
        if (fresh) {
          delete(folder);
        } else {
          done.putAll(new ObjectMapper().readValue(state.toFile(), State.class).steps());
        }
      } else if (Files.isDirectory(folder) && !isEmpty(folder)) {
        throw new UserError(
            "%s holds files that are not of a demo; name a new or empty folder by --work"
                .formatted(folder));
      }
      Files.createDirectories(folder);
      DemoFolder demo = new DemoFolder(folder, done);
      demo.save();
      return demo;
    } catch (JsonProcessingException e) {
      throw new UserError(
          folder.resolve(STATE) + " cannot be understood; start over with --fresh", e);
    } catch (IOException e) {
      throw new UserError("cannot use " + folder + ": " + e, e);
    }
  }

  Path data() {
    return folder.resolve("data");
  }

  Path repository() {
    return folder.resolve("repository");
  }

  Path evaluation() {
    return folder.resolve("evaluation.json");
  }

  /// What the server's explorer shows.
  Path explorer() {
    return folder.resolve("explorer");
  }

  Path serverLog() {
    return folder.resolve("server.log");
  }

  /// Where the server keeps the items of one demo.
  Path itemStore() {
    return folder.resolve("items");
  }

  /// Whether the step was finished from the same input before.
  boolean isDone(Step step, String input) {
    return input.equals(done.get(step));
  }

  /// Remembers a step and forgets those that build on it.
  void finished(Step step, String input) {
    forget(step);
    done.put(step, input);
    save();
  }

  /// Forgets a step and those that build on it.
  void forget(Step step) {
    done.keySet().removeIf(other -> other.compareTo(step) >= 0);
    save();
  }

  private void save() {
    try {
      Path staging = folder.resolve(STATE + ".new");
      new ObjectMapper().writeValue(staging.toFile(), new State(done));
      Files.move(staging, folder.resolve(STATE), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.findAny().isEmpty();
    }
  }

  /// Deletes a file or a folder with all that is in it.
  static void delete(Path path) {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> entries = Files.walk(path)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    } catch (IOException e) {
      throw new UserError("cannot delete " + path + ": " + e, e);
    }
  }
}
