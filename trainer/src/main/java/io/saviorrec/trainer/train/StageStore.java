package io.saviorrec.trainer.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/// What finished stages left behind: `<repository>/.stages/<stage>-<key>/`, where the key stands
/// for everything the stage's result depends on. A stage whose folder is complete is not run again.
final class StageStore {
  private static final String DONE = "stage.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path root;

  StageStore(Path repository) {
    this.root = repository.resolve(".stages");
  }

  /// One stage's folder.
  record Stage(Path folder) {
    Path path(String file) {
      return folder.resolve(file);
    }

    boolean complete() {
      return Files.exists(path(DONE));
    }

    /// Marks the stage complete; the file also says what the stage measured.
    void finish(Map<String, ?> summary) {
      try {
        Path draft = path(DONE + ".draft");
        Files.write(draft, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(summary));
        Files.move(draft, path(DONE), StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    JsonNode summary() {
      try {
        return JSON.readTree(path(DONE).toFile());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /// The folder of a stage whose result depends on `inputs` and nothing else.
  Stage stage(String name, Object... inputs) {
    Path folder = root.resolve(name + "-" + key(inputs));
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Stage(folder);
  }

  private static String key(Object... inputs) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Object input : inputs) {
        digest.update(input.toString().getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
