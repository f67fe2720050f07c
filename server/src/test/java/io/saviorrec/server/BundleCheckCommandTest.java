package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.server.fakes.TinyRepository;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BundleCheckCommandTest {
  @TempDir private static Path folder;
  private static Path version;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void write() throws Exception {
    TinyRepository.write(folder, 2, 7);
    version = folder.resolve("tiny/1");
  }

  private int savior(String... arguments) {
    CommandLine command =
        ServerMain.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return command.execute(arguments);
  }

  @Test
  void aGoodBundleIsSaidToBeGood() {
    assertThat(savior("bundle", "check", version.toString())).as(err.toString()).isZero();
    assertThat(out).hasToString(version + " is good: a server loads it\n");
  }

  @Test
  void everyFindingIsALineAndTheStatusIsOne() throws Exception {
    Path wrong = folder.resolve("tiny/2");
    Files.delete(wrong.resolve("mba.pt"));
    Files.writeString(wrong.resolve("rq.pt"), "something else");
    assertThat(savior("bundle", "check", wrong.toString())).isEqualTo(1);
    assertThat(out.toString().lines())
        .satisfiesExactly(
            first -> assertThat(first).startsWith("tiny/2 " + wrong.resolve("mba.pt") + ": is mis"),
            second -> assertThat(second).contains("rq.pt: is truncated or altered"),
            last -> assertThat(last).isEqualTo("2 findings: a server refuses it"));
    assertThat(err).asString().isEmpty();
  }

  @Test
  void aFolderThatIsNotThereIsAFinding() {
    assertThat(savior("bundle", "check", folder.resolve("nowhere").toString())).isEqualTo(1);
    assertThat(out.toString().lines())
        .satisfiesExactly(
            first -> assertThat(first).contains("manifest.json: is missing"),
            last -> assertThat(last).isEqualTo("1 finding: a server refuses it"));
  }

  @Test
  void keysThatCannotBeReadAreAnError() {
    Path keys = folder.resolve("no-keys");
    assertThat(savior("bundle", "check", "--trusted", keys.toString(), version.toString()))
        .isEqualTo(1);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith("savior: ")
        .contains(keys.toString());
  }
}
