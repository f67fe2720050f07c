package io.saviorrec.trainer.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.trainer.loop.TrainingTask.Loss;
import io.saviorrec.trainer.loop.TrainingTask.Position;
import io.saviorrec.trainer.optim.Adagrad;
import io.saviorrec.trainer.optim.AdamW;
import io.saviorrec.trainer.optim.Optimizer;
import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.optim.RateSchedule;
import io.saviorrec.trainer.torch.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A loop with all that a checkpoint must hold: a table and a dense layer under two optimisers with
/// decays, dropout, data in random order, a parameter whose first gradient comes late.
class CheckpointsTest {
  private static final int ROWS = 30;
  private static final int EPOCHS = 4;
  private static final int STEPS_OF_EPOCH = 6;
  private static final Checkpoints.Every EVERY_FIVE = new Checkpoints.Every(Duration.ZERO, 5);

  @TempDir private Path folder;

  private final List<String> said = new ArrayList<>();

  private Checkpoints checkpoints() {
    return Checkpoints.in(folder.resolve("checkpoints"), EVERY_FIVE, said::add);
  }

  /// The process ends here, as far as the loop is concerned.
  private static final class KilledException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static Tensor trained(Tensor values) {
    return values.set_requires_grad(true);
  }

  private static final class Toy implements TrainingTask {
    final Tensor table = trained(Tensors.normal(1, ROWS, 3));
    final Tensor layer = trained(Tensors.normal(1, 3));
    final Tensor late = trained(Tensors.normal(1, 1));
    final SeededRandom random = new SeededRandom(4);
    private final int killedAt;
    private int steps;

    Toy(int killedAt) {
      this.killedAt = killedAt;
    }

    List<Optimizer> optimizers() {
      return List.of(
          new Adagrad(
              List.of(ParameterGroup.of(List.of(table), 0.1)), 0.1, new Adagrad.Decay(7, 0.5)),
          new AdamW(0.9, 0.99, List.of(ParameterGroup.of(List.of(layer, late), 0.01))));
    }

    @Override
    public int beginEpoch() {
      random.nextLong();
      return STEPS_OF_EPOCH;
    }

    @Override
    public Loss next() {
      if (steps == killedAt) {
        throw new KilledException();
      }
      long[] rows = random.longs(5, 0, ROWS).toArray();
      Tensor x = torch.embedding(table, Tensors.longs(rows, rows.length), -1, false, true);
      Tensor y = torch.dropout(x, 0.3, true).mul(layer);
      // From then on its moments move it, whether it has a gradient or not.
      if (steps == 3) {
        y = y.mul(late);
      }
      return new Loss(y.mul(y).sum(), rows.length, () -> steps++);
    }

    @Override
    public Position position() {
      return random.walking(() -> new long[] {steps}, saved -> steps = (int) saved[0]);
    }

    List<float[]> weights() {
      return Stream.of(table, layer, late).map(Tensors::toFloats).toList();
    }
  }

  private record Result(List<float[]> weights, double loss, long samples) {}

  private static Result run(int killedAt, Checkpoints checkpoints) {
    torch.manual_seed(1);
    try (var _ = new PointerScope()) {
      Toy toy = new Toy(killedAt);
      TrainingLoop loop =
          new TrainingLoop("the toy", toy.optimizers(), new RateSchedule.Geometric(0.1), "");
      Losses losses = loop.run(EPOCHS, (long) EPOCHS * STEPS_OF_EPOCH, toy, checkpoints);
      return new Result(toy.weights(), losses.mean(0, losses.steps()), losses.samples());
    }
  }

  private static void requireSame(Result result, Result whole) {
    for (int i = 0; i < whole.weights().size(); i++) {
      assertThat(result.weights().get(i)).containsExactly(whole.weights().get(i));
    }
    assertThat(result.loss()).isEqualTo(whole.loss());
    assertThat(result.samples()).isEqualTo(whole.samples());
  }

  @Test
  void aRunThatWasKilledAnywhereEndsLikeOneThatWasNot() {
    Result whole = run(-1, Checkpoints.none());
    // In the first epoch, at the end of one, after two kills, in the last step.
    for (int[] kills : new int[][] {{5}, {12}, {8, 17}, {23}}) {
      said.clear();
      for (int kill : kills) {
        assertThatThrownBy(() -> run(kill, checkpoints())).isInstanceOf(KilledException.class);
      }
      Result resumed = run(-1, checkpoints());
      requireSame(resumed, whole);
      int last = kills[kills.length - 1];
      assertThat(said.getLast())
          .isEqualTo("the toy: goes on after step %d, from a checkpoint", last / 5 * 5);
      assertThat(folder.resolve("checkpoints")).isDirectoryContaining("glob:**the-toy.safetensors");
      delete(folder.resolve("checkpoints/the-toy.safetensors"));
    }
  }

  @Test
  void aLoopThatIsOverIsNotRunAgain() {
    Result whole = run(-1, checkpoints());
    requireSame(run(0, checkpoints()), whole);
  }

  @Test
  void aCheckpointThatIsHalfWrittenIsNone() throws IOException {
    assertThatThrownBy(() -> run(9, checkpoints())).isInstanceOf(KilledException.class);
    Path file = folder.resolve("checkpoints/the-toy.safetensors");
    byte[] written = Files.readAllBytes(file);
    // What kill -9 leaves of the next one.
    Files.write(
        folder.resolve("checkpoints/the-toy.safetensors.draft"),
        Arrays.copyOf(written, written.length / 2));
    requireSame(run(-1, checkpoints()), run(-1, Checkpoints.none()));
    try (Stream<Path> files = Files.list(folder.resolve("checkpoints"))) {
      assertThat(files).containsExactly(file);
    }
  }

  /// A folder that is a file stands for a disk that cannot be written.
  @Test
  void aCheckpointThatCannotBeWrittenSaysWhereAndWhy() throws IOException {
    Files.writeString(folder.resolve("checkpoints"), "");
    assertThatThrownBy(() -> run(-1, checkpoints()))
        .isInstanceOf(io.saviorrec.trainer.console.UserError.class)
        .hasMessageContaining("the-toy.safetensors: cannot be written: ");
  }

  @Test
  void itIsTimeByStepsOrByTheClock() {
    Checkpoints byTime =
        Checkpoints.in(folder, new Checkpoints.Every(Duration.ofSeconds(2), 0), said::add);
    assertThat(byTime.due(1_000_000, 1_999_999_999L)).isFalse();
    assertThat(byTime.due(1, 2_000_000_000L)).isTrue();
    assertThat(checkpoints().due(4, Long.MAX_VALUE)).isFalse();
    assertThat(checkpoints().due(5, 0)).isTrue();
  }

  @Test
  void theGeneratorGivesWhatTheJdksDoes() {
    SeededRandom ours = new SeededRandom(99);
    SplittableRandom theirs = new SplittableRandom(99);
    Random choice = new Random(1);
    for (int i = 0; i < 1000; i++) {
      int bound = 1 + choice.nextInt(1 << choice.nextInt(1, 30));
      assertThat(ours.nextInt(bound)).isEqualTo(theirs.nextInt(bound));
      assertThat(ours.nextLong(bound)).isEqualTo(theirs.nextLong(bound));
      assertThat(ours.nextDouble()).isEqualTo(theirs.nextDouble());
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
