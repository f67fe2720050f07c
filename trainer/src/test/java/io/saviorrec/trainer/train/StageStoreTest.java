package io.saviorrec.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.loop.Checkpoints;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StageStoreTest {
  private static final StageKey KEY = new StageKey(new TreeMap<>(Map.of("seed", "1")));

  private static final Checkpoints.Every NEVER = new Checkpoints.Every(Duration.ZERO, 0);

  @TempDir private Path repository;

  private final List<String> said = new ArrayList<>();
  private int made;

  private Path stage(boolean fresh) {
    try (StageStore stages = new StageStore(repository, NEVER, said::add)) {
      return stages.stage("encoder", KEY, fresh, this::make);
    }
  }

  private Map<String, ?> make(Path folder, Checkpoints checkpoints) {
    made++;
    assertThat(folder).isEmptyDirectory();
    write(folder.resolve("z"), "of run " + made);
    return Map.of("seconds", made);
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aFinishedStageIsTakenUpAndSaysWhatItDependsOn() throws IOException {
    Path folder = stage(false);
    assertThat(said).isEmpty();
    assertThat(stage(false)).isEqualTo(folder);
    assertThat(made).isEqualTo(1);
    assertThat(said).singleElement().asString().startsWith("encoder: taken from " + folder);
    assertThat(folder.resolve("z")).hasContent("of run 1");
    assertThat(Files.readString(folder.resolve("stage.json")))
        .contains(KEY.sha(), "\"seed\" : \"1\"", "\"seconds\" : 1");
  }

  @Test
  void anotherKeyIsAnotherFolder() {
    Path folder = stage(false);
    try (StageStore stages = new StageStore(repository, NEVER, said::add)) {
      StageKey other = new StageKey(new TreeMap<>(Map.of("seed", "2")));
      assertThat(stages.stage("encoder", other, false, this::make)).isNotEqualTo(folder);
    }
    assertThat(made).isEqualTo(2);
  }

  @Test
  void freshMakesAFinishedStageAnew() {
    stage(false);
    assertThat(stage(true).resolve("z")).hasContent("of run 2");
    assertThat(stage(false).resolve("z")).hasContent("of run 2");
    assertThat(made).isEqualTo(2);
  }

  @Test
  void aStageThatFailedIsMadeAnewFromNothing() {
    try (StageStore stages = new StageStore(repository, NEVER, said::add)) {
      assertThatThrownBy(
              () ->
                  stages.stage(
                      "encoder",
                      KEY,
                      false,
                      (folder, _) -> {
                        write(folder.resolve("half"), "");
                        throw new UserError("diverged");
                      }))
          .isInstanceOf(UserError.class);
    }
    assertThat(stage(false).resolve("half")).doesNotExist();
    assertThat(made).isEqualTo(1);
  }

  /// A loop's checkpoint stays for the next maker, and nothing else does.
  private void leaveACheckpoint(boolean finish) {
    try (StageStore stages = new StageStore(repository, NEVER, said::add)) {
      stages.stage(
          "encoder",
          KEY,
          false,
          (folder, _) -> {
            write(folder.resolve("half"), "");
            folder.resolve("checkpoints").toFile().mkdir();
            write(folder.resolve("checkpoints/loop.safetensors"), "");
            if (!finish) {
              throw new UserError("killed");
            }
            return Map.of();
          });
    }
  }

  private List<String> names(Path folder) {
    return Stream.of(folder.toFile().list()).sorted().toList();
  }

  @Test
  void checkpointsOfAStageThatFailedAreThereForTheNextMakerUnlessFresh() {
    assertThatThrownBy(() -> leaveACheckpoint(false)).isInstanceOf(UserError.class);
    for (boolean fresh : new boolean[] {false, true}) {
      try (StageStore stages = new StageStore(repository, NEVER, said::add)) {
        assertThat(stages.begun("encoder", KEY)).isTrue();
        assertThatThrownBy(
                () ->
                    stages.stage(
                        "encoder",
                        KEY,
                        fresh,
                        (folder, _) -> {
                          assertThat(names(folder))
                              .isEqualTo(fresh ? List.of() : List.of("checkpoints"));
                          throw new UserError("killed");
                        }))
            .isInstanceOf(UserError.class);
      }
    }
  }

  @Test
  void aFinishedStageHasNoCheckpoints() {
    leaveACheckpoint(true);
    Path folder = stage(false);
    assertThat(names(folder)).containsExactly("half", "stage.json");
  }

  @Test
  void workKeepsItsCheckpointsUntilItIsDone() {
    try (StageStore stages = new StageStore(repository, NEVER, said::add)) {
      assertThat(stages.begun("ranker", KEY)).isFalse();
      assertThatThrownBy(
              () ->
                  stages.<String>work(
                      "ranker",
                      KEY,
                      false,
                      _ -> {
                        Path folder = repository.resolve(".stages/ranker-" + digits());
                        folder.resolve("checkpoints").toFile().mkdirs();
                        throw new UserError("killed");
                      }))
          .isInstanceOf(UserError.class);
      assertThat(stages.begun("ranker", KEY)).isTrue();
      assertThat(stages.<String>work("ranker", KEY, false, _ -> "done")).isEqualTo("done");
      assertThat(stages.begun("ranker", KEY)).isFalse();
    }
  }

  private static String digits() {
    return KEY.sha().substring(0, 16);
  }

  @Test
  void aFreshRunThatFailsLeavesNoFinishedStage() {
    stage(false);
    try (StageStore stages = new StageStore(repository, NEVER, said::add)) {
      assertThatThrownBy(
              () ->
                  stages.stage(
                      "encoder",
                      KEY,
                      true,
                      (_, _) -> {
                        throw new UserError("diverged");
                      }))
          .isInstanceOf(UserError.class);
    }
    stage(false);
    assertThat(made).isEqualTo(2);
  }

  /// A run of another process: makes the stage, or uses it, until it is told to go on.
  static final class OtherRun {
    public static void main(String[] args) throws IOException {
      try (StageStore stages = new StageStore(Path.of(args[0]), NEVER, OtherRun::say)) {
        stages.stage(
            "encoder",
            KEY,
            false,
            (folder, _) -> {
              write(folder.resolve("half"), "");
              System.out.println("making");
              await();
              write(folder.resolve("z"), "of the other");
              return Map.of();
            });
        System.out.println("made");
        if (args.length > 1) {
          await();
        }
      }
      System.out.println("ended");
    }

    private static void say(String line) {
      System.out.println(line);
    }

    private static void await() {
      try {
        System.in.read();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private record Other(Process process, BufferedReader out) implements AutoCloseable {
    static Other start(Path repository, String... more) throws IOException {
      List<String> command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  OtherRun.class.getName(),
                  repository.toString()));
      command.addAll(List.of(more));
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      return new Other(
          process,
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
    }

    void proceed() {
      try {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void kill() {
      process.destroyForcibly();
      process.onExit().join();
    }

    @Override
    public void close() {
      kill();
    }
  }

  private Path whileWaiting(boolean fresh, Consumer<String> then) {
    Consumer<String> say =
        line -> {
          said.add(line);
          // The other may have ended by the next line.
          if (said.size() == 1) {
            then.accept(line);
          }
        };
    try (StageStore stages = new StageStore(repository, NEVER, say)) {
      return stages.stage("encoder", KEY, fresh, this::make);
    }
  }

  @Test
  void whoComesSecondSaysForWhomItWaitsAndTakesTheFinishedStage() throws IOException {
    try (Other other = Other.start(repository)) {
      assertThat(other.out().readLine()).isEqualTo("making");
      Path folder = whileWaiting(false, _ -> other.proceed());
      assertThat(said)
          .containsExactly(
              "encoder: process %d is making it (%s); waiting"
                  .formatted(other.process().pid(), folder),
              "encoder: taken from %s, made before from the same data, settings and code"
                  .formatted(folder));
      assertThat(folder.resolve("z")).hasContent("of the other");
      assertThat(made).isZero();
    }
  }

  @Test
  void aKilledRunLeavesNoLockAndItsHalfStageIsDoneAgain() throws IOException {
    try (Other other = Other.start(repository)) {
      assertThat(other.out().readLine()).isEqualTo("making");
      Path folder = whileWaiting(false, _ -> other.kill());
      assertThat(said).hasSize(1);
      assertThat(made).isEqualTo(1);
      assertThat(folder.resolve("half")).doesNotExist();
      assertThat(folder.resolve("z")).hasContent("of run 1");
    }
  }

  @Test
  void aStageInUseIsNotMadeAnewUnderItsUser() throws IOException {
    stage(false);
    said.clear();
    try (Other other = Other.start(repository, "hold")) {
      assertThat(other.out().readLine()).startsWith("encoder: taken from ");
      assertThat(other.out().readLine()).isEqualTo("made");
      whileWaiting(true, _ -> other.proceed());
      assertThat(said).singleElement().asString().endsWith("waiting");
      assertThat(other.out().readLine()).isEqualTo("ended");
      assertThat(made).isEqualTo(2);
    }
  }

  @Test
  void twoUsersOfOneStageDoNotWait() throws IOException {
    stage(false);
    said.clear();
    try (Other other = Other.start(repository, "hold")) {
      assertThat(other.out().readLine()).startsWith("encoder: taken from ");
      assertThat(other.out().readLine()).isEqualTo("made");
      stage(false);
      assertThat(said).singleElement().asString().startsWith("encoder: taken from ");
    }
  }
}
