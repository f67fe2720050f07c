package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Bundle;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A server that cannot serve what it was given ends at once, with status 1 and one line.
@Timeout(300)
class StartupFailureIT {
  /// A repository of one trained model that a test may damage.
  private static Path model(String name) {
    Shop.copy(Shop.repository().resolve("saviorrec").resolve("1"), name + "/saviorrec/1");
    return Shop.FOLDER.resolve(name).toAbsolutePath();
  }

  private static Path file(Path repository, String file) {
    return repository.resolve("saviorrec").resolve("1").resolve(file);
  }

  private static String refusal(Path repository) {
    Path store = repository.resolveSibling(repository.getFileName() + "-items");
    try (SaviorProcess server = SaviorProcess.serve(repository, store)) {
      SaviorProcess.Ended ended = server.awaitEnd();
      assertThat(ended.status()).isEqualTo(1);
      assertThat(ended.messages()).hasSize(1);
      assertThat(ended.err()).noneMatch(line -> line.contains("\tat "));
      return ended.messages().getFirst();
    }
  }

  @Test
  void aTruncatedArchiveIsNamed() throws IOException {
    Path repository = model("truncated");
    Path ranker = file(repository, Bundle.RANKER);
    byte[] bytes = Files.readAllBytes(ranker);
    Files.write(ranker, Arrays.copyOf(bytes, bytes.length / 2));
    assertThat(refusal(repository)).startsWith("savior: saviorrec/1 " + ranker + ": ");
  }

  @Test
  void anAlteredArchiveIsNamed() throws IOException {
    Path repository = model("altered");
    Path encoder = file(repository, Bundle.ENCODER);
    byte[] bytes = Files.readAllBytes(encoder);
    bytes[bytes.length / 2] ^= 1;
    Files.write(encoder, bytes);
    assertThat(refusal(repository)).startsWith("savior: saviorrec/1 " + encoder + ": ");
  }

  @Test
  void aBundleOfAnotherFormatIsNamedWithItsVersion() throws IOException {
    Path repository = model("format");
    Path manifest = file(repository, Bundle.MANIFEST);
    String text = Files.readString(manifest);
    String other = text.replaceFirst("(\"formatVersion\"\\s*:\\s*)[0-9]+", "$1" + 99);
    assertThat(other).isNotEqualTo(text);
    Files.writeString(manifest, other);
    assertThat(refusal(repository))
        .startsWith("savior: saviorrec/1 " + manifest)
        .contains("is of bundle format 99");
  }

  @Test
  void aPortInUseIsNamed() throws IOException {
    try (ServerSocket taken = new ServerSocket(0)) {
      String port = Integer.toString(taken.getLocalPort());
      Path store = Shop.FOLDER.resolve("items-of-nobody").toAbsolutePath();
      try (SaviorProcess server =
          SaviorProcess.start(
              Map.of("SAVIOR_ITEMS_STORE_DIRECTORY", store.toString()),
              "serve",
              "--repository",
              Shop.repository().toString(),
              "--port",
              "0",
              "--admin-port",
              port)) {
        SaviorProcess.Ended ended = server.awaitEnd();
        assertThat(ended.status()).isEqualTo(1);
        assertThat(ended.messages())
            .containsExactly(
                "savior: cannot listen on 127.0.0.1:"
                    + port
                    + " for admin: the port is in use; choose another with --admin-port");
      }
    }
  }
}
