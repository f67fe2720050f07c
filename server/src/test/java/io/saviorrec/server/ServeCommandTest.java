package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.SigningKey;
import io.saviorrec.server.fakes.TestBundles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(60)
class ServeCommandTest {
  @TempDir private Path directory;
  private final StringWriter err = new StringWriter();

  @Test
  void aMissingRepositoryIsAUsageError() {
    assertThat(run("serve")).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(err.toString().lines())
        .singleElement()
        .isEqualTo("savior: Missing required option: '--repository=DIR'; see savior serve --help");
  }

  @Test
  void aMistypedOptionIsOneLineWithWhatWasMeant() {
    assertThat(run("serve", "--reposiory", "x", "--repository", "y"))
        .isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(err.toString().lines())
        .singleElement()
        .isEqualTo(
            "savior: unknown option '--reposiory'; did you mean '--repository'?; see savior serve"
                + " --help");
  }

  @Test
  void printsItsVersion() {
    StringWriter out = new StringWriter();
    CommandLine command = ServerMain.commandLine().setOut(new PrintWriter(out, true));
    assertThat(command.execute("serve", "--version")).isZero();
    assertThat(out.toString()).startsWith("savior ").contains("libtorch ", "Java 25");
  }

  @Test
  void aFolderWithoutModelsIsSaidBeforeAnythingIsMade() throws IOException {
    Path repository = Files.createDirectories(directory.resolve("models"));
    Files.createDirectories(repository.resolve("m").resolve("1"));

    assertThat(serve(repository)).isEqualTo(1);
    assertThat(err.toString().lines())
        .singleElement()
        .isEqualTo(
            "savior: no model in "
                + repository
                + ": expected "
                + repository
                + "/<model>/<version>/");
    assertThat(directory.resolve("models-items")).doesNotExist();
  }

  @Test
  void aCommandIsRequired() {
    assertThat(run()).isEqualTo(CommandLine.ExitCode.USAGE);
  }

  @Test
  void everyProblemOfTheConfigurationIsALineOfItsOwn() throws IOException {
    Path config = Files.writeString(directory.resolve("c.yaml"), "a: 1\nmetrics: {port: -2}\n");

    assertThat(run("serve", "--repository", "x", "--config", config.toString(), "--port", "-1"))
        .isEqualTo(1);
    assertThat(err.toString().lines())
        .hasSize(3)
        .allMatch(line -> line.startsWith("savior: "))
        .anyMatch(line -> line.equals("savior: server.port must be in [0, 65535], was -1"));
  }

  @Test
  void aRepositoryThatIsNotThereIsOneLine() {
    Path missing = directory.resolve("nowhere");

    assertThat(serve(missing)).isEqualTo(1);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith("savior: " + missing + " is not a folder");
  }

  @Test
  void aBundleThatIsNoModelIsOneLine() throws IOException {
    Path repository = Files.createDirectories(directory.resolve("models"));
    Bundle bundle = TestBundles.write(repository, "m");
    Files.delete(bundle.path(Bundle.ENCODER));

    assertThat(serve(repository)).isEqualTo(1);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith("savior: m/1 " + bundle.path(Bundle.ENCODER) + ": is missing");
  }

  @Test
  void aPortInUseIsOneLine() throws IOException {
    TestBundles.write(directory, "m");
    try (ServerSocket taken = new ServerSocket(0)) {
      int port = taken.getLocalPort();
      assertThat(
              run(
                  "serve",
                  "--repository",
                  directory.toString(),
                  "--port",
                  Integer.toString(port),
                  "--admin-port",
                  "0"))
          .isEqualTo(1);
      assertThat(err.toString().lines())
          .singleElement()
          .isEqualTo(
              "savior: cannot listen on 0.0.0.0:"
                  + port
                  + " for gRPC: the port is in use; choose another with --port");
    }
  }

  @Test
  void aGpuThatIsNotThereIsOneLine() throws IOException {
    Path repository = Files.createDirectories(directory.resolve("models"));
    TestBundles.write(repository, "m");
    Path config = Files.writeString(directory.resolve("c.yaml"), "engine: {device: 'gpu:99'}\n");

    assertThat(run("serve", "--repository", repository.toString(), "--config", config.toString()))
        .isEqualTo(1);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith("savior: engine.device is gpu:99 but the engine sees ");
  }

  @Test
  void nothingIsCreatedWhenThereAreNoModels() throws IOException {
    Path repository = Files.createDirectories(directory.resolve("empty"));

    assertThat(serve(repository)).isEqualTo(1);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith("savior: no model in " + repository + ": expected ");
    assertThat(directory).isDirectoryNotContaining("glob:**-items");
  }

  @Test
  void aModelsFolderOrAVersionsFolderIsNoRepositoryAndNothingIsCreatedInIt() throws IOException {
    Path repository = Files.createDirectories(directory.resolve("models"));
    Bundle bundle = TestBundles.write(repository, "m");

    assertThat(serve(repository.resolve("m"))).isEqualTo(1);
    assertThat(serve(bundle.dir())).isEqualTo(1);
    assertThat(err.toString().lines())
        .containsExactly(
            "savior: no model in "
                + repository.resolve("m")
                + ": it is the folder of one model; name the repository above it: "
                + repository,
            "savior: "
                + bundle.dir()
                + " is one version of a model; name the repository, the folder above its model: "
                + repository);
    assertThat(repository).isDirectoryNotContaining("glob:**-items");
    assertThat(repository.resolve("m")).isDirectoryNotContaining("glob:**-items");
  }

  @Test
  void anItemStoreThatCannotBeOpenedIsOneLine() throws IOException {
    Path repository = Files.createDirectories(directory.resolve("models"));
    TestBundles.write(repository, "m");
    Files.writeString(directory.resolve("models-items"), "not a folder");

    assertThat(serve(repository)).isEqualTo(1);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith("savior: the folder " + directory.resolve("models-items") + " of the item")
        .contains("there is a file of that name; items.storeDirectory names another folder");
  }

  @Test
  void aManifestWithNullSectionsIsOneLine() throws IOException {
    Path repository = Files.createDirectories(directory.resolve("models"));
    Bundle bundle = TestBundles.write(repository, "m");
    Path manifest = bundle.path(Bundle.MANIFEST);
    Files.writeString(
        manifest,
        Files.readString(manifest).replaceAll("(?s)\"dims\" : \\{.*?\\}", "\"dims\" : null"));

    assertThat(serve(repository)).isEqualTo(1);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith("savior: m/1 " + manifest + ": ")
        .contains("dims");
  }

  @Test
  void aBundleOfNobodyTrustedIsOneLine() throws IOException {
    Path repository = Files.createDirectories(directory.resolve("models"));
    Bundle bundle = TestBundles.write(repository, "m");
    SigningKey.generate(directory.resolve("key"), directory.resolve("key.pub"));
    SigningKey.generate(directory.resolve("other"), directory.resolve("other.pub"));
    Path config =
        Files.writeString(
            directory.resolve("c.yaml"),
            "bundles: {trustedKeys: " + directory.resolve("key.pub") + "}\n");

    assertThat(serve(repository, config)).isEqualTo(1);
    bundle.sign(SigningKey.load(directory.resolve("other")));
    assertThat(serve(repository, config)).isEqualTo(1);
    Files.delete(directory.resolve("key.pub"));
    assertThat(serve(repository, config)).isEqualTo(1);
    assertThat(err.toString().lines())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .startsWith("savior: m/1 " + bundle.path(Bundle.SIGNATURE) + ": is missing"),
            line ->
                assertThat(line)
                    .startsWith(
                        "savior: m/1 "
                            + bundle.path(Bundle.SIGNATURE)
                            + ": is of no trusted key: it is signed by SHA256:"),
            line ->
                assertThat(line)
                    .isEqualTo(
                        "savior: bundles.trustedKeys: "
                            + directory.resolve("key.pub")
                            + ", a key file, does not exist"));
  }

  private int serve(Path repository, Path config) {
    return run(
        "serve",
        "--repository",
        repository.toString(),
        "--config",
        config.toString(),
        "--port",
        "0",
        "--admin-port",
        "0");
  }

  private int serve(Path repository) {
    return run("serve", "--repository", repository.toString(), "--port", "0", "--admin-port", "0");
  }

  private int run(String... arguments) {
    return ServerMain.commandLine().setErr(new PrintWriter(err, true)).execute(arguments);
  }
}
