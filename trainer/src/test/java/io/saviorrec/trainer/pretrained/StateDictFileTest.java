package io.saviorrec.trainer.pretrained;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.bundle.Safetensors.DType;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.pretrained.TinyClip.Array;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StateDictFileTest {
  @TempDir private Path folder;

  private Path file() {
    return folder.resolve("weights.pt");
  }

  @Test
  void neverRunsWhatAPickleAsksFor() {
    byte[] pickle = "cos\nsystem\n(X\4\0\0\0exittR.".getBytes(StandardCharsets.ISO_8859_1);
    StateDictWriter.zipOf(file(), pickle);
    assertThatThrownBy(() -> StateDictFile.open(file()))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "%s calls os.system, which no file of weights needs; nothing of it was run. Save the weights as safetensors",
            file());
  }

  @Test
  void readsAViewOfTurnedRows() {
    // A tensor [2, 3] with strides [1, 2], at the second number of its storage.
    String tensor =
        "ctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\n"
            + "X\1\0\0\0000X\3\0\0\0cpuK\7tQK\1K\2K\3\u0086K\1K\2\u0086\u0089}tR";
    String pickle = "\u0080\2}X\1\0\0\0w" + tensor + "s.";
    Path file = StateDictWriter.zipOf(file(), pickle.getBytes(StandardCharsets.ISO_8859_1));
    add(file, "archive/data/0", TinyClip.encode(new float[] {9, 1, 2, 3, 4, 5, 6}, DType.F32));
    try (WeightFile open = StateDictFile.open(file)) {
      Weight weight = Objects.requireNonNull(open.weights().get("w"));
      assertThat(weight.shape()).isEqualTo(List.of(2L, 3L));
      assertThat(weight.floats()).containsExactly(1, 3, 5, 2, 4, 6);
    }
  }

  private static void add(Path zip, String name, byte[] content) {
    try (var system = java.nio.file.FileSystems.newFileSystem(zip)) {
      Files.createDirectories(system.getPath(name).getParent());
      Files.write(system.getPath(name), content);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aFileThatIsNoneIsTold() throws IOException {
    Files.writeString(file(), "these are not the weights that you are looking for");
    assertThatThrownBy(() -> StateDictFile.open(file()))
        .hasMessage("%s is not a file of weights, or is damaged", file());
  }

  /// Of whatever is in such a file, one line for the user is all that may come.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDamagedFileIsAUserError(boolean older) throws IOException {
    TreeMap<String, Array> weights = new TreeMap<>();
    weights.put("a", new Array(new float[] {1, 2, 3, 4}, 2, 2));
    weights.put("b", new Array(new float[] {5}));
    if (older) {
      StateDictWriter.older(file(), weights, DType.F32);
    } else {
      StateDictWriter.zip(file(), weights, DType.F32);
    }
    byte[] sound = Files.readAllBytes(file());
    Random random = new Random(3);
    int refused = 0;
    for (int i = 0; i < 800; i++) {
      byte[] damaged =
          i % 4 == 0 ? Arrays.copyOf(sound, random.nextInt(sound.length)) : sound.clone();
      for (int flips = random.nextInt(4); flips >= 0 && damaged.length > 0; flips--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      Files.write(file(), damaged);
      try (WeightFile open = StateDictFile.open(file())) {
        open.weights().values().forEach(Weight::floats);
      } catch (UserError e) {
        refused++;
        assertThat(e.getMessage()).contains(file().toString()).doesNotContain("\n");
      }
    }
    assertThat(refused).isGreaterThan(200);
  }
}
