package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.explorer.ExplorerFile;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.trainer.CommandRun;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExploreCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void writeData() throws IOException {
    Files.writeString(
        folder.resolve("items.csv"),
        "item_id,title,image,category\n100,Wizard book,,\n200,Round scarf,,scarf\n300,Old robe,,\n");
    Files.writeString(
        folder.resolve("impressions.csv"),
        """
        user_id,item_id,timestamp,clicked,pctr_base,device
        7,100,1000,1,0.5,phone
        7,100,5000,0,0.5,phone
        7,200,5000,1,0.25,phone
        7,300,6000,0,,desk
        7,100,6000,1,0.75,desk
        8,300,5500,0,0.5,desk
        9,300,2000,0,0.5,desk
        """);
    Files.writeString(
        folder.resolve("dataset.json"),
        "{\"name\": \"small\", \"validation_from\": 4000, \"test_from\": 5000}");
  }

  @Test
  void writesFeedsOfTheTestPeriodWithTheClicksBeforeThem() {
    CommandRun run = CommandRun.of("explore", folder.toString());

    assertThat(run.err()).isEmpty();
    assertThat(run.outLines())
        .containsExactly(
            "Wrote " + folder.resolve(ExplorerFile.NAME) + ": 3 items and feeds of 2 users");
    try (ExplorerFile file = ExplorerFile.open(folder)) {
      assertThat(file.dataSet()).isEqualTo("small");
      assertThat(file.title(file.find(200))).isEqualTo("Round scarf");
      assertThat(file.category(file.find(200))).isEqualTo("scarf");
      ExplorerFile.Feed feed = file.feed(file.findUser(7));
      assertThat(feed.time()).isEqualTo(5000);
      assertThat(feed.request().getUser().getHistoryList()).containsExactly(100L);
      assertThat(feed.request().getContextOrThrow("device").getText()).isEqualTo("phone");
      // Item 100 was shown twice, and clicked the second time.
      assertThat(feed.request().getCandidatesList())
          .extracting(Candidate::getItemId)
          .containsExactly(100L, 200L, 300L);
      assertThat(feed.request().getCandidates(0).getPctrBase()).isEqualTo(0.5);
      assertThat(feed.request().getCandidates(2).hasPctrBase()).isFalse();
      assertThat(feed.clicked()).containsExactly(true, true, false);
      assertThat(file.findUser(9)).isEqualTo(-1);
    }
  }

  @Test
  void writesIntoAnotherFolderAndNoMoreUsersThanAsked() throws IOException {
    Path out = folder.resolve("out");

    CommandRun run =
        CommandRun.of("explore", folder.toString(), "--out", out.toString(), "--users", "1");

    assertThat(run.err()).isEmpty();
    try (ExplorerFile file = ExplorerFile.open(out)) {
      // The one that was there last.
      assertThat(file.users()).isEqualTo(1);
      assertThat(file.findUser(7)).isZero();
      assertThat(file.pictureFolder().toRealPath()).isEqualTo(folder.toRealPath());
    }
  }

  @Test
  void findsPicturesOfADataSetThatIsNamedFromTheWorkingFolder() throws IOException {
    Files.writeString(
        folder.resolve("items.csv"),
        "item_id,title,image,category\n100,Book,book.png,\n200,Scarf,,\n300,Robe,,\n");
    assertThat(
            ImageIO.write(
                new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB),
                "png",
                folder.resolve("book.png").toFile()))
        .isTrue();
    Path relative = Path.of("").toAbsolutePath().relativize(folder.toRealPath());

    CommandRun run = CommandRun.of("explore", relative.toString());

    assertThat(run.err().lines()).noneMatch(line -> line.startsWith("savior:"));
    assertThat(run.status()).isZero();
    try (ExplorerFile file = ExplorerFile.open(folder)) {
      assertThat(file.picture(file.find(100))).isEqualTo("book.png");
    }
  }

  @Test
  void refusesWhatCannotBe() {
    assertThat(CommandRun.of("explore", folder.toString(), "--users", "0").err())
        .contains("--users must be at least 1, was 0");
    assertThat(CommandRun.of("explore", folder.resolve("gone").toString()).err().strip())
        .startsWith("savior: ")
        .hasLineCount(1);
  }
}
