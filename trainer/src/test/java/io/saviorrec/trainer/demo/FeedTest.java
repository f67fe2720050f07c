package io.saviorrec.trainer.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.data.DataSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeedTest {
  /// A PNG file of one pixel.
  private static final byte[] PIXEL =
      HexFormat.of()
          .parseHex(
              "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
                  + "789c6360606000000004000127b4d4f40000000049454e44ae426082");

  @TempDir Path folder;

  @BeforeEach
  void write() throws IOException {
    Files.createDirectories(folder.resolve("images"));
    Files.write(folder.resolve("images/new.png"), PIXEL);
    Files.writeString(
        folder.resolve("items.csv"),
        """
        item_id,title,image,category
        1,One,,
        2,Two,,
        3,Three,,
        10,New without picture,,
        11,New with picture,images/new.png,
        """);
    Files.writeString(
        folder.resolve("impressions.csv"),
        """
        user_id,item_id,timestamp,clicked,pctr_base
        7,1,10,1,0.1
        7,10,210,0,0.1
        8,2,220,0,0.1
        8,11,220,0,0.1
        7,11,230,0,0.6
        7,2,230,1,0.2
        7,11,240,0,0.6
        7,10,240,0,0.2
        7,3,250,1,0.3
        7,1,260,0,0.4
        7,11,90000,0,0.6
        7,2,90000,0,0.6
        """);
    Files.writeString(
        folder.resolve("dataset.json"), "{\"validation_from\": 100, \"test_from\": 200}");
  }

  @Test
  void takesAPageViewThatShowsANewItemWithAPictureAmongKnownOnesOnItsFirstDay() {
    LongPredicate known = id -> id < 10;
    try (DataSet data = DataSet.open(folder)) {
      Feed feed = Feed.choose(data, known);
      assertThat(feed.hasNewItem()).isTrue();
      assertThat(data.items().itemId(feed.newItem())).isEqualTo(11);
      // User 8 has no history; at 240 there is another new item; 90000 is a day later.
      assertThat(data.log().pageUser[feed.page()]).isEqualTo(7);
      assertThat(data.log().pageTime[feed.page()]).isEqualTo(230);
    }
  }

  @Test
  void fillsAShortPageViewFromTheUsersNextOnes() {
    LongPredicate known = id -> id < 10;
    try (DataSet data = DataSet.open(folder)) {
      Feed feed = Feed.choose(data, known);
      ScoreRequest request = feed.request(data, known);
      assertThat(request.getUser().getHistoryList()).containsExactly(1L);
      // Item 10 of the next page view is unknown too and stays out.
      assertThat(request.getCandidatesList())
          .containsExactly(
              Candidate.newBuilder().setItemId(11).setPctrBase(0.6f).build(),
              Candidate.newBuilder().setItemId(2).setPctrBase(0.2f).build(),
              Candidate.newBuilder().setItemId(3).setPctrBase(0.3f).build(),
              Candidate.newBuilder().setItemId(1).setPctrBase(0.4f).build());
    }
  }

  @Test
  void doesWithoutANewItemWhereTheModelKnowsThemAll() {
    try (DataSet data = DataSet.open(folder)) {
      Feed feed = Feed.choose(data, _ -> true);
      assertThat(feed.hasNewItem()).isFalse();
      assertThat(feed.request(data, _ -> true).getCandidatesCount()).isPositive();
    }
  }
}
