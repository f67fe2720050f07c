package io.saviorrec.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.feature.ItemColumns;
import io.saviorrec.proto.v1.ScoreSource;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedItemsTest {
  private static final int LEVELS = 3;
  private static final int CODES = 8;
  private static final FeatureSchema FEATURES =
      new FeatureSchema(
          List.of(),
          List.of(),
          List.of(
              FeatureColumn.categorical("brand", 64),
              FeatureColumn.categorical(FeatureSchema.CATEGORY, 64)),
          FeatureSchema.ITEM_STATS);
  private static final ItemColumns COLUMNS = new ItemColumns(FEATURES.item());
  private static final RankerContract CONTRACT =
      new RankerContract(new Manifest.Dims(2, LEVELS, CODES, 2, 1, 3, 5, 3, true), FEATURES);
  private static final ItemBatch NOTHING = CONTRACT.unknownItem();

  @TempDir private Path folder;
  private @Nullable ItemTable table;

  @AfterEach
  void close() {
    if (table != null) {
      table.close();
    }
  }

  /// An item of the table: its codes, its category, and its z in both places.
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Trained(int[] codes, String category, float z) {}

  private SharedItems shared(Trained... items) {
    int n = items.length;
    long[] ids = new long[n];
    float[] z = new float[n * 2];
    int[] codes = new int[n * LEVELS];
    long[] features = new long[n * 2];
    for (int i = 0; i < n; i++) {
      ids[i] = 100L + i;
      z[2 * i] = items[i].z;
      z[2 * i + 1] = -items[i].z;
      System.arraycopy(items[i].codes, 0, codes, i * LEVELS, LEVELS);
      System.arraycopy(row(items[i].category), 0, features, 2 * i, 2);
    }
    Path file = folder.resolve("items.safetensors");
    ItemTable.write(
        file,
        new ItemTable.Rows(
            new ItemBatch(ids, new float[n * 3], features, z, codes),
            new long[n],
            Collections.nCopies(n, "")));
    ItemTable opened = ItemTable.open(file);
    table = opened;
    return SharedItems.of(opened, CONTRACT, FEATURES);
  }

  private static long[] row(String category) {
    return COLUMNS.encode(category, Map.of(), COLUMNS.missing());
  }

  private static Trained item(float z, String category, int... codes) {
    return new Trained(codes, category, z);
  }

  private static ItemBatch room() {
    return NOTHING.room(1);
  }

  private static long category(String category) {
    return row(category)[1];
  }

  @Test
  void theLongestSharedPrefixCounts() {
    SharedItems shared =
        shared(
            item(1, "a", 1, 2, 3),
            item(3, "a", 1, 2, 4),
            item(8, "b", 1, 5, 0),
            item(20, "b", 7, 2, 3));
    ItemBatch out = room();

    assertThat(shared.fill(new int[] {1, 2, 7}, 0, -1, -1, out, 0))
        .isEqualTo(ScoreSource.SHARED_CODES);
    assertThat(out.z()).containsExactly(2, -2);
    assertThat(out.codes()).containsExactly(1, 2, 7);
    assertThat(out.itemIds()).containsExactly(RankerContract.UNKNOWN_ITEM);
    assertThat(out.features()).containsExactly(row("a"));

    shared.fill(new int[] {1, 2, 4}, 0, -1, -1, out, 0);
    assertThat(out.z()).containsExactly(3, -3);
    shared.fill(new int[] {1, 0, 0}, 0, category("c"), -1, out, 0);
    assertThat(out.z()).containsExactly(4, -4);
    assertThat(out.features()).containsExactly(row("c"));
  }

  @Test
  void aCategoryCountsWhereNoCodeIsSharedAndNothingWhereNeitherIs() {
    SharedItems shared = shared(item(1, "a", 1, 2, 3), item(3, "a", 1, 2, 4), item(8, "", 1, 5, 0));
    ItemBatch out = room();

    assertThat(shared.fill(new int[] {4, 2, 3}, 0, category("a"), -1, out, 0))
        .isEqualTo(ScoreSource.SHARED_CATEGORY);
    assertThat(out.z()).containsExactly(2, -2);
    assertThat(out.codes()).containsExactly(CODES, CODES, CODES);
    assertThat(out.features()).containsExactly(row("a"));

    for (long other : new long[] {category("never seen"), CandidateHints.NO_CATEGORY}) {
      assertThat(shared.fill(null, 0, other, -1, out, 0)).isEqualTo(ScoreSource.UNKNOWN_ITEM);
      assertThat(out).usingRecursiveComparison().isEqualTo(NOTHING);
    }
    assertThat(shared.fill(new int[] {-1, -1, -1}, 0, -1, -1, out, 0))
        .isEqualTo(ScoreSource.UNKNOWN_ITEM);
  }

  @Test
  void anItemIsLeftOutOfItsOwnMean() {
    SharedItems shared =
        shared(item(1, "a", 1, 2, 3), item(3, "a", 1, 2, 4), item(8, "b", 6, 5, 0));
    ItemBatch out = room();

    shared.fill(new int[] {1, 2, 3}, 0, -1, 0, out, 0);
    assertThat(out.z()).containsExactly(3, -3);
    assertThat(shared.fill(new int[] {6, 5, 0}, 0, category("b"), 2, out, 0))
        .isEqualTo(ScoreSource.UNKNOWN_ITEM);
  }

  @Test
  void meansOfManyItemsAreThoseThatASlowWayFinds() {
    Random random = new Random(5);
    Trained[] items = new Trained[700];
    for (int i = 0; i < items.length; i++) {
      items[i] =
          item(
              random.nextInt(100),
              "c" + random.nextInt(9),
              random.nextInt(3),
              random.nextInt(CODES),
              random.nextInt(CODES));
    }
    SharedItems shared = shared(items);
    ItemBatch out = room();
    for (int trial = 0; trial < 500; trial++) {
      int[] codes = {random.nextInt(3), random.nextInt(CODES), random.nextInt(CODES)};
      int[] depth = {LEVELS};
      while (Arrays.stream(items).noneMatch(each -> shares(each, codes, depth[0]))) {
        depth[0]--;
      }
      double mean =
          Arrays.stream(items)
              .filter(each -> shares(each, codes, depth[0]))
              .mapToDouble(Trained::z)
              .average()
              .orElseThrow();

      shared.fill(codes, 0, -1, -1, out, 0);

      assertThat(out.z()[0]).isEqualTo((float) mean);
    }
  }

  private static boolean shares(Trained item, int[] codes, int depth) {
    return Arrays.mismatch(item.codes, 0, depth, codes, 0, depth) < 0;
  }

  @Test
  void aCandidateIsWhatTheTableHasWithTheRequestsStatisticsOverIt() {
    SharedItems shared = shared(item(1, "a", 1, 2, 3));
    float absent = Float.NaN;
    EncodedRequest request =
        new EncodedRequest(
            1,
            new long[0],
            new long[0],
            new long[0],
            new long[] {100, 999},
            new float[2],
            new CandidateHints(
                new int[] {1, 2, 3, 1, 7, 7},
                null,
                new float[] {5, absent, absent, absent, 6, absent}),
            RequestNotes.NONE,
            null);
    ItemBatch out = NOTHING.room(2);

    assertThat(shared.candidate(request, 0, out, 0)).isEqualTo(ScoreSource.TRAINED);
    assertThat(shared.candidate(request, 1, out, 1)).isEqualTo(ScoreSource.SHARED_CODES);
    assertThat(out.itemIds()).containsExactly(100, RankerContract.UNKNOWN_ITEM);
    assertThat(out.stats()).containsExactly(5, 0, 0, 0, 6, 0);
    assertThat(out.codes()).containsExactly(1, 2, 3, 1, 7, 7);
  }
}
