package io.saviorrec.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScriptModuleTest {
  private static final String SOURCE =
      """
      def apply(self, x: Tensor, times: int, train: bool) -> Tensor:
          y = torch.linear(x, self.weight) * self.scale + times
          if train:
              y = y * 2
          return y
      def both(self, x: Tensor) -> Tuple[Tensor, Tensor]:
          return x, self.child.forward(x)
      """;

  private static ScriptModule module() {
    ScriptModule child = new ScriptModule("Child");
    child.buffer("offset", Tensors.floats(new float[] {10}, 1));
    child.define("def forward(self, x: Tensor) -> Tensor:\n    return x + self.offset\n");
    ScriptModule module = new ScriptModule("Parent");
    module.submodule("child", child);
    module.parameter("weight", Tensors.floats(new float[] {1, 2}, 1, 2));
    module.attribute("scale", 0.5);
    return module.define(SOURCE);
  }

  @Test
  void callsMethodsWithTensorsAndPlainValues() {
    try (var _ = new PointerScope()) {
      Tensor x = Tensors.floats(new float[] {3, 4}, 1, 2);
      assertThat(Tensors.toFloats(module().callTensor("apply", x, 1, false))).containsExactly(6.5f);
      assertThat(Tensors.toFloats(module().callTensor("apply", x, 1, true))).containsExactly(13f);
      assertThat(Tensors.toFloats(module().callTensors("both", x).get(1)))
          .containsExactly(13f, 14f);
    }
  }

  @Test
  void gradientsReachParametersThroughMethods() {
    try (var _ = new PointerScope()) {
      ScriptModule module = module();
      Tensor x = Tensors.floats(new float[] {3, 4}, 1, 2);
      module.callTensor("apply", x, 1, false).sum().backward();
      assertThat(Tensors.toFloats(module.parameter("weight").grad())).containsExactly(1.5f, 2f);
    }
  }

  @Test
  void aSavedArchiveGivesTheSameValues(@TempDir Path folder) {
    try (var _ = new PointerScope()) {
      Path archive = folder.resolve("module.pt");
      module().save(archive);
      Tensor x = Tensors.floats(new float[] {3, 4}, 1, 2);
      assertThat(Tensors.toFloats(ScriptModule.load(archive).callTensor("apply", x, 1, false)))
          .containsExactly(6.5f);
    }
  }

  /// Archives are known by their hashes.
  @Test
  void theSameModuleGivesTheSameBytesWhereverItIsSaved(@TempDir Path folder) throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    try (var _ = new PointerScope()) {
      module().save(folder.resolve("module.pt"));
      module().save(other.resolve("module.pt"));
    }
    assertThat(other.resolve("module.pt")).hasSameBinaryContentAs(folder.resolve("module.pt"));
    assertThat(Files.isExecutable(other.resolve("module.pt"))).isFalse();
  }

  @Test
  void anArchiveThatCannotBeWrittenIsAnErrorOfTheUserAndLeavesNothing(@TempDir Path folder)
      throws IOException {
    Path taken = Files.createDirectories(folder.resolve("module.pt").resolve("inside"));
    try (var _ = new PointerScope()) {
      assertThatThrownBy(() -> module().save(folder.resolve("module.pt")))
          .isInstanceOf(UserError.class)
          .hasMessageStartingWith(folder.resolve("module.pt") + ": cannot be written: ");
      assertThatThrownBy(() -> module().save(folder.resolve("none").resolve("module.pt")))
          .isInstanceOf(UserError.class)
          .hasMessageStartingWith(
              folder.resolve("none").resolve("module.pt") + ": cannot be written: ");
    }
    assertThat(taken).isDirectory();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("module.pt"));
    }
  }

  @Test
  void namesTheResourceThatIsMissing() {
    assertThatThrownBy(() -> new ScriptModule("Empty").defineResource("torchscript/none.py"))
        .hasMessageContaining("torchscript/none.py");
  }

  @Test
  void copiesArraysOfEveryTypeBothWays() {
    try (var _ = new PointerScope()) {
      assertThat(Tensors.toLongs(Tensors.longs(new long[] {1, -2, 3}, 3)))
          .containsExactly(1, -2, 3);
      assertThat(Tensors.toLongs(Tensors.bytes(new byte[] {1, -1}, 2))).containsExactly(1, 255);
      assertThat(Tensors.toLongs(Tensors.booleans(new boolean[] {true, false}, 2)))
          .containsExactly(1, 0);
      assertThat(Tensors.toLongs(Tensors.longs(new long[0], 2, 0))).isEmpty();
      assertThatThrownBy(() -> Tensors.floats(new float[3], 2, 2))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
