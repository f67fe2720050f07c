package io.saviorrec.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ItemTableTest {

  @TempDir Path folder;

  @Test
  void everyItemIsFoundAndNoOther() {
    Random random = new Random(7);
    TreeMap<Long, String> items = new TreeMap<>();
    items.put(Long.MIN_VALUE, "smallest");
    items.put(Long.MAX_VALUE, "最大");
    while (items.size() < 1000) {
      items.put(
          (long) random.nextInt(5000) - 2500, random.nextBoolean() ? "" : "title " + items.size());
    }
    long[] ids = items.keySet().stream().mapToLong(Long::longValue).toArray();
    int n = ids.length;
    float[] z = new float[n * 4];
    int[] codes = new int[n * 2];
    float[] stats = new float[n * 3];
    long[] features = new long[n * 2];
    long[] hashes = new long[n];
    for (int i = 0; i < n; i++) {
      z[i * 4 + 3] = i + 0.5f;
      codes[i * 2 + 1] = -i;
      stats[i * 3] = i * 10f;
      features[i * 2 + 1] = i * 7L;
      hashes[i] = ids[i] ^ 0x5555;
    }
    Path file = folder.resolve("items.safetensors");
    ItemTable.write(
        file,
        new ItemTable.Rows(
            new ItemBatch(ids, stats, features, z, codes),
            hashes,
            new ArrayList<>(items.values())));

    try (ItemTable table = ItemTable.open(file)) {
      assertThat(table.size()).isEqualTo(n);
      assertThat(table.zDim()).isEqualTo(4);
      assertThat(table.levels()).isEqualTo(2);
      assertThat(table.statCount()).isEqualTo(3);
      assertThat(table.featureCount()).isEqualTo(2);
      ItemBatch batch = table.batch(new int[] {2, 0});
      assertThat(batch.itemIds()).containsExactly(ids[2], ids[0]);
      assertThat(batch.stats()).containsExactly(20, 0, 0, 0, 0, 0);
      assertThat(batch.features()).containsExactly(0, 14, 0, 0);
      assertThat(batch.z()).containsExactly(0, 0, 0, 2.5f, 0, 0, 0, 0.5f);
      assertThat(batch.codes()).containsExactly(0, -2, 0, 0);
      for (int i = 0; i < n; i++) {
        assertThat(table.find(ids[i])).isEqualTo(i);
        assertThat(table.itemId(i)).isEqualTo(ids[i]);
        assertThat(table.title(i)).isEqualTo(items.get(ids[i]));
        assertThat(table.contentHash(i)).isEqualTo(hashes[i]);
      }
      for (long id = -2600; id < 2600; id++) {
        assertThat(table.find(id) >= 0).isEqualTo(items.containsKey(id));
      }
      float[] out = {-1, -1, -1, -1, -1, -1};
      table.z(41, out, 1);
      assertThat(out).containsExactly(-1, 0, 0, 0, 41.5f, -1);
      table.stats(41, out, 0);
      assertThat(out).containsExactly(410, 0, 0, 0, 41.5f, -1);
      int[] codesOut = new int[3];
      table.codes(41, codesOut, 1);
      assertThat(codesOut).containsExactly(0, 0, -41);
    }
  }

  @Test
  void rowsMustBeSortedAndWhole() {
    Path file = folder.resolve("items.safetensors");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ItemTable.write(file, rows(new long[] {2, 2})))
        .withMessage("Item ids must ascend but 2 is followed by 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ItemTable.write(file, rows(new long[] {})))
        .withMessage("An item table needs at least one item");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ItemTable.write(
                    file,
                    new ItemTable.Rows(
                        new ItemBatch(
                            new long[] {1, 2}, new float[2], new long[0], new float[5], new int[2]),
                        new long[2],
                        List.of("", ""))))
        .withMessageContaining("do not fill the shape");
  }

  @Test
  void aTableOfAModelWithoutItemColumnsHasNone() {
    Path file = folder.resolve("items.safetensors");
    ItemTable.write(file, rows(new long[] {3, 4}));
    try (ItemTable table = ItemTable.open(file)) {
      assertThat(table.featureCount()).isZero();
      ItemBatch batch = table.batch(new int[] {1, 0});
      assertThat(batch.itemIds()).containsExactly(4, 3);
      assertThat(batch.features()).isEmpty();
    }
  }

  @Test
  void aTableThatContradictsItselfIsRefused() {
    Path file = folder.resolve("items.safetensors");
    Map<String, TensorSource> good = new TreeMap<>();
    good.put("item_id", TensorSource.of(new long[] {1, 2}, 2));
    good.put("z", TensorSource.of(new float[4], 2, 2));
    good.put("codes", TensorSource.of(new int[2], 2, 1));
    good.put("stats", TensorSource.of(new float[2], 2, 1));
    good.put("content_hash", TensorSource.of(new long[2], 2));
    good.put("title_offsets", TensorSource.of(new long[] {0, 1, 2}, 3));
    good.put("title_bytes", TensorSource.of(new byte[] {'a', 'b'}, 2));
    Safetensors.write(file, good);
    ItemTable.open(file).close();

    assertRefused(file, good, "item_id", TensorSource.of(new long[] {2, 1}, 2), "must ascend");
    assertRefused(file, good, "z", TensorSource.of(new float[6], 3, 2), "there are 2 items");
    assertRefused(file, good, "content_hash", TensorSource.of(new long[1], 1), "1 elements");
    assertRefused(
        file, good, "title_offsets", TensorSource.of(new long[] {0, 2, 1}, 3), "descends");
    assertRefused(file, good, "title_offsets", TensorSource.of(new long[] {0, 1, 3}, 3), "outside");
    assertRefused(file, good, "codes", TensorSource.of(new long[2], 2, 1), "must be I32");
  }

  private static void assertRefused(
      Path file, Map<String, TensorSource> good, String name, TensorSource bad, String message) {
    Map<String, TensorSource> tensors = new TreeMap<>(good);
    tensors.put(name, bad);
    Safetensors.write(file, tensors);
    assertThatThrownBy(() -> ItemTable.open(file))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(message);
  }

  private static ItemTable.Rows rows(long[] ids) {
    int n = ids.length;
    return new ItemTable.Rows(
        new ItemBatch(ids, new float[n], new long[0], new float[n], new int[n]),
        new long[n],
        List.of("a", "b").subList(0, n));
  }
}
