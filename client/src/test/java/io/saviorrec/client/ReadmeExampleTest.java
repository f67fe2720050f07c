package io.saviorrec.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.User;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The README's example, line by line as it is printed there.
@Timeout(60)
class ReadmeExampleTest {
  private final StringBuilder printed = new StringBuilder();

  private void example(String target, Duration deadline) {
    ClientConfig config = ClientConfig.of(target).withDeadline(deadline);
    try (SaviorClient client = SaviorClient.connect(config)) {
      ScoreRequest request =
          ScoreRequest.newBuilder()
              .setUser(User.newBuilder().setUserId(10072).addHistory(1000017))
              .addCandidates(Candidate.newBuilder().setItemId(1000051).setPctrBase(0.2))
              .build();
      ScoreResponse response = client.score(request);
      response.getScoresList().forEach(s -> println(s.getItemId() + " " + s.getPctr()));
    }
  }

  private void println(String line) {
    printed.append(line);
  }

  @Test
  void theExampleRuns() {
    try (FakeServer server = new FakeServer()) {
      example(server.target(), Duration.ofSeconds(30));
    }
    assertThat(printed).hasToString("1000051 0.25");
  }

  @Test
  void theReadmeShowsThisExample() throws IOException {
    List<String> source =
        Files.readAllLines(Path.of("src/test/java/io/saviorrec/client/ReadmeExampleTest.java"));
    String readme = Files.readString(Path.of("../README.md"));
    String block = readme.split("```java\n", 2)[1].split("```", 2)[0];
    int from = source.indexOf("  private void example(String target, Duration deadline) {") + 1;
    List<String> shown =
        block
            .replace("\"dns:///ranking.internal:8500\"", "target")
            .replace("Duration.ofMillis(200)", "deadline")
            .replace("System.out.println", "println")
            .lines()
            .map(line -> "    " + line)
            .toList();
    assertThat(source.subList(from, from + shown.size())).isEqualTo(shown);
    assertThat(source.get(from + shown.size())).isEqualTo("  }");
  }
}
