package io.saviorrec.trainer.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.demo.DemoFolder.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoFolderTest {
  @TempDir Path parent;

  @Test
  void remembersFinishedStepsByTheirInput() {
    Path folder = parent.resolve("demo");
    DemoFolder.open(folder, false).finished(Step.DATA, "synth tiny");
    DemoFolder again = DemoFolder.open(folder, false);
    assertThat(again.isDone(Step.DATA, "synth tiny")).isTrue();
    assertThat(again.isDone(Step.DATA, "synth small")).isFalse();
    assertThat(again.isDone(Step.TRAIN, "synth tiny")).isFalse();
  }

  @Test
  void aStepThatIsDoneAgainUndoesThoseThatBuildOnIt() {
    DemoFolder folder = DemoFolder.open(parent.resolve("demo"), false);
    folder.finished(Step.DATA, "d");
    folder.finished(Step.TRAIN, "t");
    folder.finished(Step.EVALUATE, "e");
    folder.finished(Step.TRAIN, "t");
    assertThat(folder.isDone(Step.DATA, "d")).isTrue();
    assertThat(folder.isDone(Step.TRAIN, "t")).isTrue();
    assertThat(folder.isDone(Step.EVALUATE, "e")).isFalse();
    folder.forget(Step.DATA);
    assertThat(folder.isDone(Step.TRAIN, "t")).isFalse();
  }

  @Test
  void startsOver() throws IOException {
    DemoFolder folder = DemoFolder.open(parent.resolve("demo"), false);
    folder.finished(Step.DATA, "d");
    Files.createDirectories(folder.data());
    Files.writeString(folder.data().resolve("items.csv"), "x");
    DemoFolder fresh = DemoFolder.open(parent.resolve("demo"), true);
    assertThat(fresh.isDone(Step.DATA, "d")).isFalse();
    assertThat(fresh.data()).doesNotExist();
  }

  @Test
  void touchesNoFolderOfOthers() throws IOException {
    Files.writeString(parent.resolve("thesis.txt"), "years of work");
    assertThatThrownBy(() -> DemoFolder.open(parent, true))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("--work");
    assertThat(parent.resolve("thesis.txt")).hasContent("years of work");
  }

  @Test
  void saysWhatToDoWithAStateThatItCannotRead() throws IOException {
    Path folder = parent.resolve("demo");
    DemoFolder.open(folder, false);
    Files.writeString(folder.resolve("demo.json"), "{\"steps\": 4");
    assertThatThrownBy(() -> DemoFolder.open(folder, false))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("--fresh");
    assertThat(DemoFolder.open(folder, true).isDone(Step.DATA, "d")).isFalse();
  }
}
