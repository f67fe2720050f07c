package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.StatusRuntimeException;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.server.request.RequestException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RefusedTest {
  private static final String SEEN = "jdk.JavaExceptionThrow";

  @TempDir private Path folder;

  /// Those that walk it cost more than all else of a refusal.
  @Test
  void aRefusedRequestMakesNoExceptionThatWalksTheStack() throws Exception {
    try (ServingFixture fixture =
        new ServingFixture(folder.resolve("models"), Map.of(), "saviorrec")) {
      refuse(fixture);
      try (Recording recording = new Recording()) {
        recording.enable(SEEN);
        recording.start();
        refuse(fixture);
        recording.stop();

        assertThat(thrownByConnections(recording))
            .contains(RequestException.class.getName(), Refused.class.getName())
            .doesNotContain(
                CompletionException.class.getName(), StatusRuntimeException.class.getName());
      }
    }
  }

  private static void refuse(ServingFixture fixture) throws InterruptedException {
    assertThatThrownBy(() -> fixture.scoringStub().score(ScoreRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class);
    assertThat(fixture.ended.poll(10, TimeUnit.SECONDS)).endsWith("INVALID_ARGUMENT");
  }

  private List<String> thrownByConnections(Recording recording) throws IOException {
    Path file = folder.resolve("exceptions.jfr");
    recording.dump(file);
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals(SEEN))
        .filter(event -> onConnection(event.getThread()))
        .map(event -> event.getClass("thrownClass").getName())
        .toList();
  }

  private static boolean onConnection(RecordedThread thread) {
    return thread.getJavaName().startsWith("grpc-connection");
  }
}
