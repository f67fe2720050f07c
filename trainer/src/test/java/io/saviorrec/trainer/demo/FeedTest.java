package io.saviorrec.trainer.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.data.DataSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Set;
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
        7,2,110,0,0.1
        7,10,210,0,0.1
        8,1,220,0,0.1
        9,11,230,0,0.1
        7,2,240,0,0.2
        7,10,240,0,0.2
        7,3,250,1,0.3
        7,1,260,0,0.4
        """);
    Files.writeString(
        folder.resolve("dataset.json"), "{\"validation_from\": 100, \"test_from\": 200}");
  }

  @Test
  void takesANewItemWithAPictureAndAPageViewWithAHistoryAndNoOtherNewItem() {
    LongPredicate known = id -> id < 10;
    try (DataSet data = DataSet.open(folder)) {
      Feed feed = Feed.choose(data, known);
      assertThat(data.items().itemId(feed.newItem())).isEqualTo(11);
      assertThat(data.log().pageUser[feed.page()]).isEqualTo(7);
      // The view at 260 has one more click before it than that at 250; that at 240 shows item 10.
      assertThat(data.log().pageTime[feed.page()]).isEqualTo(260);
      ScoreRequest request = feed.request(data, known);
      assertThat(request.getUser().getHistoryList()).containsExactly(1L, 3L);
      assertThat(request.getCandidatesList())
          .containsExactly(
              Candidate.newBuilder().setItemId(1).setPctrBase(0.4f).build(),
              Candidate.newBuilder().setItemId(11).build());
    }
  }

  @Test
  void fillsAShortPageViewFromTheUsersNextOnes() {
    LongPredicate known = id -> id < 10;
    try (DataSet data = DataSet.open(folder)) {
      int page = data.log().firstPageAt(240);
      ScoreRequest request = new Feed(page, data.items().indexOf(11)).request(data, known);
      assertThat(request.getCandidatesList().stream().map(Candidate::getItemId))
          .containsExactly(2L, 10L, 3L, 1L, 11L);
    }
  }

  @Test
  void doesWithoutANewItemWhereTheModelKnowsThemAll() {
    try (DataSet data = DataSet.open(folder)) {
      Feed feed = Feed.choose(data, Set.of(1L, 2L, 3L, 10L, 11L)::contains);
      assertThat(feed.newItem()).isEqualTo(-1);
      assertThat(feed.request(data, _ -> true).getCandidatesCount()).isPositive();
    }
  }
}
