package io.saviorrec.trainer.ranker;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.TensorSource;
import io.saviorrec.trainer.data.log.ClickSequence;
import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.ranker.Chunks.Chunk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChunksTest {
  @TempDir private Path folder;

  private ClickSequence clicks;
  private ImpressionLog.Builder log;

  @BeforeEach
  void begin() {
    Path file = folder.resolve("clicks.safetensors");
    Safetensors.write(file, Map.of(ClickSequence.TENSOR, TensorSource.of(new int[9], 9)));
    clicks = ClickSequence.open(file);
    log = new ImpressionLog.Builder(clicks, 1, 1);
  }

  @AfterEach
  void close() {
    clicks.close();
  }

  /// A page view of some impressions of a user whose history are the clicks from 3 on.
  private void page(long user, long time, int historyEnd, int city, int device, int impressions) {
    log.page(user, time, 3, historyEnd);
    log.profile(0, city);
    log.context(0, device);
    for (int i = 0; i < impressions; i++) {
      log.sample(i, false, Float.NaN);
    }
  }

  private static List<List<Integer>> samples(Chunks chunks) {
    List<List<Integer>> all = new ArrayList<>();
    for (Chunk chunk : chunks.all) {
      all.add(Arrays.stream(chunks.samples, chunk.from(), chunk.to()).boxed().toList());
    }
    return all;
  }

  @Test
  void pageViewsOfOneUserShareARowUntilSomethingChanges() {
    page(1, 10, 5, 7, 0, 2); // samples 0 and 1
    page(2, 11, 5, 7, 0, 1); // 2, of somebody else with as many clicks
    page(1, 12, 5, 7, 0, 1); // 3, goes on with 0 and 1
    page(1, 13, 6, 7, 0, 1); // 4, after a click
    page(1, 14, 6, 7, 1, 1); // 5, by another device
    page(1, 15, 6, 7, 1, 1); // 6, goes on with 5
    page(1, 16, 6, 8, 1, 1); // 7, in another city
    page(1, Day.SECONDS + 1, 6, 8, 1, 1); // 8, the day after
    page(2, Day.SECONDS + 2, 5, 7, 0, 1); // 9
    page(1, Day.SECONDS + 3, 6, 8, 1, 1); // 10, goes on with 8
    Chunks chunks = Chunks.of(log.build());
    assertThat(samples(chunks))
        .containsExactly(
            List.of(0, 1, 3),
            List.of(2),
            List.of(4),
            List.of(5, 6),
            List.of(7),
            List.of(8, 10),
            List.of(9));
    assertThat(chunks.all).extracting(Chunk::page).containsExactly(0, 1, 3, 4, 6, 7, 8);
  }

  @Test
  void smallPageViewsAreJoinedWhileThereIsRoom() {
    for (int second = 0; second < 5; second++) {
      page(1, second, 5, 7, 0, 3);
    }
    page(1, 5, 5, 7, 0, Chunks.MOST_JOINED + 1);
    page(1, 6, 5, 7, 0, 1);
    assertThat(samples(Chunks.of(log.build())))
        .extracting(List::size)
        .containsExactly(6, 6, 3, Chunks.MOST_JOINED + 1, 1);
  }

  @Test
  void aLongPageViewIsCut() {
    page(1, 0, 5, 7, 0, 75);
    page(1, 1, 5, 7, 0, 1);
    assertThat(samples(Chunks.of(log.build())))
        .extracting(List::size)
        .containsExactly(Chunks.MOST, Chunks.MOST, 75 - 2 * Chunks.MOST, 1);
  }

  @Test
  void pageViewsThatAreNotWantedAreLeftOut() {
    for (int second = 0; second < 6; second++) {
      page(1, second, 5, 7, 0, 1);
    }
    ImpressionLog built = log.build();
    assertThat(samples(Chunks.of(built, 1, 5, page -> page != 2)))
        .containsExactly(List.of(1, 3, 4));
    assertThat(samples(Chunks.of(built, 6, 9, _ -> true))).isEmpty();
  }
}
