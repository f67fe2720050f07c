package io.saviorrec.trainer;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.ImageFromDockerfile;

/// Containers of the server's image, which is built once, of the distribution that this build has
/// made; or of the image that `-Dimage` names.
final class Containers {
  static final int GRPC = 8500;
  static final int HTTP = 8501;

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static final @Nullable String NAMED = System.getProperty("image");
  private static final Path EMPTY = emptyFolder();

  private Containers() {}

  private static Path emptyFolder() {
    try {
      return Files.createDirectories(Shop.FOLDER.resolve("empty").toAbsolutePath());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Built {
    static final Future<String> CPU =
        NAMED == null ? cpu() : CompletableFuture.completedFuture(NAMED);

    /// Of the server's part of the distribution; the rest would only be copied to and fro.
    private static ImageFromDockerfile cpu() {
      ImageFromDockerfile image =
          new ImageFromDockerfile("localhost/saviorrec-of-tests", false)
              .withFileFromPath("Dockerfile", ROOT.resolve("Dockerfile"))
              .withFileFromPath("models", Shop.repository())
              .withTarget("cpu")
              .withBuildImageCmdModifier(build -> build.withNetworkMode("host"));
      List<String> files =
          new ArrayList<>(List.of("bin", "conf", "sbom", "lib/server.jar", "lib/server.classpath"));
      for (String library : Distribution.libraries("server")) {
        files.add("lib/" + library);
      }
      for (String file : files) {
        image.withFileFromPath("savior/" + file, Distribution.FOLDER.resolve(file));
      }
      return image;
    }
  }

  /// Skips the test where there is nothing that runs containers.
  static void assumeEngine() {
    assumeTrue(
        DockerClientFactory.instance().isDockerAvailable(),
        "no Docker API that runs containers (DOCKER_HOST)");
  }

  /// A server of the shop's models, without any right and with nothing to write to but its volume.
  static GenericContainer<?> server(Map<String, String> environment) {
    return new GenericContainer<>(Built.CPU)
        // What a start measures and rehearses is not what is tried here.
        .withEnv("SAVIOR_ENGINE_THREADS", "2")
        .withEnv("SAVIOR_ENGINE_PRECISION", "fp32")
        .withEnv("SAVIOR_ENGINE_WARM_UP_TIME", "0s")
        .withEnv(environment)
        .withExposedPorts(GRPC, HTTP)
        .withCreateContainerCmdModifier(
            create -> confine(Objects.requireNonNull(create.getHostConfig())))
        .waitingFor(
            Wait.forHttp("/readyz").forPort(HTTP).withStartupTimeout(Duration.ofMinutes(2)));
  }

  private static void confine(HostConfig host) {
    host.withReadonlyRootfs(true)
        .withCapDrop(Capability.ALL)
        .withSecurityOpts(List.of("no-new-privileges"))
        // Some engines put a folder that can be written to at /tmp.
        .withBinds(
            new Bind(Shop.repository().toString(), new Volume("/models"), AccessMode.ro),
            new Bind(EMPTY.toString(), new Volume("/tmp"), AccessMode.ro));
  }

  /// Ends it as a supervisor does: SIGTERM, and time to drain.
  static void terminate(GenericContainer<?> container) {
    DockerClientFactory.instance()
        .client()
        .stopContainerCmd(container.getContainerId())
        .withTimeout(60)
        .exec();
  }
}
