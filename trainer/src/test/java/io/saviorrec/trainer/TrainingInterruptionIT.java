package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Ctrl-C while the encoder, the quantizer and the ranker train: libtorch must not be taken apart
/// under a running step, and the same command goes on where it stopped.
@Timeout(600)
class TrainingInterruptionIT {
  private static final String[] LONG_RANKER = {"--set", "ranker.training.epochs=5000"};

  private final Path repository = Shop.FOLDER.resolve("interrupted").toAbsolutePath();

  private SaviorProcess train(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                Shop.data().toString(),
                repository.toString(),
                "--preset",
                "tiny",
                "--set",
                "encoder.align.epochs=1000",
                "--set",
                "quantizer.epochs=5000",
                "--set",
                "quantizer.maxSteps=1000"));
    arguments.addAll(Arrays.asList(more));
    return SaviorProcess.start(
        Map.of("OPENBLAS_NUM_THREADS", "1"), arguments.toArray(String[]::new));
  }

  /// The names of everything in the repository, and of this folder, where a JVM that crashes leaves
  /// its log.
  private List<String> names() throws IOException {
    try (Stream<Path> here = Files.list(Path.of(""));
        Stream<Path> written = Files.walk(repository)) {
      return Stream.concat(here, written).map(file -> file.getFileName().toString()).toList();
    }
  }

  /// @param moment the line after which Ctrl-C comes
  /// @param signals how often it comes
  private List<String> interruptAfter(String moment, int signals) throws IOException {
    try (SaviorProcess process = train(LONG_RANKER)) {
      process.awaitLine(moment);
      for (int i = 0; i < signals; i++) {
        process.interrupt();
      }
      SaviorProcess.Ended ended = process.awaitEnd();
      assertThat(ended.status()).isEqualTo(130);
      assertThat(ended.err().getLast())
          .isEqualTo(
              "savior: interrupted; the same command goes on where it stopped (finished stages and checkpoints are reused)");
      assertThat(ended.err()).noneMatch(line -> line.contains("Exception"));
      assertThat(names())
          .noneMatch(
              name ->
                  name.startsWith("hs_err")
                      || name.startsWith(".staging")
                      || name.startsWith(".draft")
                      || name.startsWith(".pixels")
                      || name.equals(Bundle.MANIFEST));
      return ended.err();
    }
  }

  @Test
  void endsBetweenTwoStepsAndGoesOnWhereItStopped() throws IOException {
    interruptAfter("encoder stage 0: ", 3);
    interruptAfter("encoder: ", 1);
    interruptAfter("ranker (saviorrec): ", 2);
    try (SaviorProcess process = train()) {
      SaviorProcess.Ended ended = process.awaitEnd();
      assertThat(ended.status()).isZero();
      assertThat(ended.err())
          .anyMatch(line -> line.startsWith("encoder: taken from "))
          .anyMatch(line -> line.startsWith("quantizer: taken from "));
    }
    assertThat(Bundle.open(repository.resolve("saviorrec").resolve("1")).items().size())
        .isGreaterThan(200);
  }
}
