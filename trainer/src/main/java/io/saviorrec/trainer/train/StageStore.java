package io.saviorrec.trainer.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.bundle.ProcessLock;
import io.saviorrec.trainer.loop.Checkpoints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/// What finished stages left behind: `<repository>/.stages/<stage>-<key>/`, where the key stands
/// for everything the stage's result depends on. A stage whose folder is complete is not run again.
///
/// A lock beside the folder is held exclusively while the stage is made, and shared by every run
/// that uses it, until that run closes its store: so no two runs make a stage at once, and nobody
/// makes one anew while another run reads it.
///
/// A stage that is not finished may have checkpoints in its folder, which its next maker goes on
/// from; the key stands for all that they depend on.
final class StageStore implements AutoCloseable {
  private static final String DONE = "stage.json";
  private static final String CHECKPOINTS = "checkpoints";
  private static final int KEY_DIGITS = 16;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path root;
  private final Checkpoints.Every every;
  private final Consumer<String> say;
  private final List<ProcessLock> inUse = new ArrayList<>();

  /// @param every how often a running stage is kept
  /// @param say told in one line what became of a stage
  StageStore(Path repository, Checkpoints.Every every, Consumer<String> say) {
    this.root = repository.resolve(".stages");
    this.every = every;
    this.say = say;
  }

  /// Makes a stage's files in the folder, and says what was measured.
  @FunctionalInterface
  interface Maker {
    Map<String, ?> make(Path folder, Checkpoints checkpoints);
  }

  /// Whether a stage has checkpoints, or may have had them soon.
  boolean begun(String name, StageKey key) {
    return Files.isDirectory(folder(name, key).resolve(CHECKPOINTS));
  }

  boolean finished(String name, StageKey key) {
    try {
      return complete(folder(name, key), key);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What a finished stage measured, and how its losses fell.
  static Map<String, JsonNode> record(Path folder) {
    try {
      JsonNode done = JSON.readTree(folder.resolve(DONE).toFile());
      Map<String, JsonNode> record = new LinkedHashMap<>();
      record.put("measured", done.path("measured"));
      record.put("losses", done.path("losses"));
      return record;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Does work that leaves nothing here but its checkpoints, and these only until it is done. One
  /// run at a time.
  ///
  /// @param fresh whether to begin anew in any case
  <T> T work(String name, StageKey key, boolean fresh, Function<Checkpoints, T> work) {
    Path folder = folder(name, key);
    try {
      Files.createDirectories(root);
      try (ProcessLock _ = ProcessLock.exclusive(lock(folder), waiting(name, folder))) {
        if (fresh) {
          delete(folder);
        }
        Files.createDirectories(folder.resolve(CHECKPOINTS));
        T result = work.apply(checkpoints(folder));
        delete(folder);
        return result;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path folder(String name, StageKey key) {
    return root.resolve(name + "-" + key.sha().substring(0, KEY_DIGITS));
  }

  private Path lock(Path folder) {
    return root.resolve(folder.getFileName() + ".lock");
  }

  private Consumer<String> waiting(String name, Path folder) {
    return holder ->
        say.accept("%s: %s is making it (%s); waiting".formatted(name, holder, folder));
  }

  private Checkpoints checkpoints(Path folder) {
    return Checkpoints.in(folder.resolve(CHECKPOINTS), every, say);
  }

  /// The folder with the stage's finished files, made now if it is not there.
  ///
  /// @param fresh whether to make it in any case
  Path stage(String name, StageKey key, boolean fresh, Maker maker) {
    Path folder = folder(name, key);
    Path lock = lock(folder);
    Consumer<String> waiting = waiting(name, folder);
    try {
      Files.createDirectories(root);
      boolean made = false;
      while (true) {
        if (made || !fresh) {
          ProcessLock shared = ProcessLock.shared(lock, waiting);
          if (complete(folder, key)) {
            inUse.add(shared);
            if (!made) {
              say.accept(
                  name
                      + ": taken from "
                      + folder
                      + ", made before from the same data, settings and code");
            }
            return folder;
          }
          shared.close();
        }
        try (ProcessLock _ = ProcessLock.exclusive(lock, waiting)) {
          // Another run may have made it while this one waited.
          if (fresh || !complete(folder, key)) {
            make(folder, name, key, fresh, maker);
            made = true;
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void make(Path folder, String name, StageKey key, boolean fresh, Maker maker)
      throws IOException {
    clear(folder, fresh);
    Files.createDirectories(folder);
    Map<String, Object> done = new LinkedHashMap<>();
    done.put("stage", name);
    done.put("key", key.sha());
    Checkpoints checkpoints = checkpoints(folder);
    done.put("measured", maker.make(folder, checkpoints));
    done.put("losses", checkpoints.curves());
    done.put("inputs", key.inputs());
    Path draft = folder.resolve(DONE + ".draft");
    Files.write(draft, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(done));
    Files.move(draft, folder.resolve(DONE), StandardCopyOption.ATOMIC_MOVE);
    delete(folder.resolve(CHECKPOINTS));
  }

  private static boolean complete(Path folder, StageKey key) throws IOException {
    Path done = folder.resolve(DONE);
    if (!Files.isRegularFile(done)) {
      return false;
    }
    JsonNode stage = JSON.readTree(done.toFile());
    return stage.path("key").asText().equals(key.sha());
  }

  /// What a killed run left there must not be taken for this one's, but for its checkpoints; the
  /// mark of completeness goes first.
  private static void clear(Path folder, boolean fresh) throws IOException {
    Files.deleteIfExists(folder.resolve(DONE));
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> inside;
    try (Stream<Path> files = Files.list(folder)) {
      inside = files.toList();
    }
    for (Path path : inside) {
      if (fresh || !path.endsWith(CHECKPOINTS)) {
        delete(path);
      }
    }
  }

  private static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(path)) {
      for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  /// Lets other runs make the stages anew.
  @Override
  public void close() {
    inUse.forEach(ProcessLock::close);
    inUse.clear();
  }
}
