package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.saviorrec.loadtest.requests.RequestsFile;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestsCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void writeData() throws IOException {
    Files.writeString(
        folder.resolve("items.csv"),
        "item_id,title,image,category\n100,Wizard book,,\n200,Round scarf,,\n300,Old robe,,\n");
    Files.writeString(
        folder.resolve("impressions.csv"),
        """
        user_id,item_id,timestamp,clicked,pctr_base,device
        7,100,1000,1,0.5,phone
        7,200,2000,0,0.25,desk
        7,300,2000,0,,desk
        8,300,2000,0,0.5,desk
        """);
    Files.writeString(
        folder.resolve("dataset.json"),
        "{\"name\": \"small\", \"validation_from\": 4000, \"test_from\": 5000}");
  }

  private Path out() {
    return folder.resolve("out.binpb");
  }

  private CommandRun requests(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("requests", folder.toString(), out().toString()));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  @Test
  void writesPageViewsAsTheServerWouldHaveGotThem() {
    CommandRun run = requests("--items", "2");

    assertThat(run.err()).isEmpty();
    assertThat(run.outLines())
        .containsExactly(
            "Wrote "
                + out()
                + ": 3 requests of 2 users, with 1.3 candidates and 0.3 clicks on average, and 2"
                + " items");
    RequestsFile file = RequestsFile.read(out());
    assertThat(file.requests())
        .extracting(CapturedRequest::getArrivedUs)
        // The log has seconds; the two of the same one are spread over it.
        .containsExactly(1_000_000_000L, 2_000_000_000L, 2_000_500_000L);
    ScoreRequest second = file.requests().get(1).getRequest();
    assertThat(second.getUser().getUserId()).isEqualTo(7);
    assertThat(second.getUser().getHistoryList()).containsExactly(100L);
    assertThat(second.getContextMap()).containsKey("device");
    assertThat(second.getCandidatesList())
        .extracting(Candidate::getItemId, Candidate::hasPctrBase)
        .containsExactlyInAnyOrder(tuple(200L, true), tuple(300L, false));
    assertThat(file.items()).hasSize(2).extracting(Item::getTitle).doesNotContain("");
  }

  @Test
  void fillsCandidatesUpAndPacksThem() {
    assertThat(requests("--candidates", "3", "--packed", "--count", "2").err()).isEmpty();

    RequestsFile file = RequestsFile.read(out());
    assertThat(file.requests()).hasSize(2);
    for (CapturedRequest each : file.requests()) {
      assertThat(each.getRequest().getCandidateIdsList())
          .containsExactlyInAnyOrder(100L, 200L, 300L);
    }
  }

  @Test
  void saysInOneLineWhatIsWrong() {
    CommandRun run =
        CommandRun.of("requests", folder.toString(), folder.resolve("no/where.binpb").toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines())
        .containsExactly(
            "savior: "
                + folder.resolve("no/where.binpb")
                + ": cannot be written: it does not exist");
    assertThat(requests("--count", "0").errLines())
        .containsExactly("savior: --count must be at least 1, was 0; see savior requests --help");
    assertThat(Files.exists(out())).isFalse();
  }
}
