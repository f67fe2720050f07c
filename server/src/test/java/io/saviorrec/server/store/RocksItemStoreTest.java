package io.saviorrec.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RocksItemStoreTest {
  private static final EncoderKey KEY = new EncoderKey("e1", "r1");
  private static final EncoderKey OTHER_KEY = new EncoderKey("e2", "r1");

  @TempDir private Path directory;

  @Test
  void givesBackWhatWasStored() {
    try (RocksItemStore store = RocksItemStore.open(directory)) {
      store.put(List.of(entry(7, 70, "a hat", KEY), entry(-7, 71, "", OTHER_KEY)));

      assertThat(store.item(7)).isEqualTo(item(7, 70, "a hat"));
      assertThat(store.item(-7)).isEqualTo(item(-7, 71, ""));
      assertThat(store.item(8)).isNull();
      assertThat(store.image(7)).containsExactly(1, 2, 3);
      assertThat(store.image(8)).isEmpty();
      ItemRepresentation representation = Objects.requireNonNull(store.representation(7, 70, KEY));
      assertThat(representation.z()).containsExactly(0.5f, Float.MIN_VALUE, -7);
      assertThat(representation.codes()).containsExactly(3, 0);
      assertThat(store.representation(7, 70, OTHER_KEY)).isNull();
      assertThat(store.representation(7, 99, KEY)).isNull();
    }
  }

  @Test
  void newContentDropsTheRepresentationsOfTheOld() {
    try (RocksItemStore store = RocksItemStore.open(directory)) {
      store.put(List.of(entry(7, 70, "a hat", KEY), entry(8, 80, "untouched", KEY)));
      store.put(List.of(entry(7, 72, "a scarf", OTHER_KEY)));

      assertThat(store.representation(7, 70, KEY)).isNull();
      assertThat(store.representation(7, 72, OTHER_KEY)).isNotNull();
      assertThat(store.representation(8, 80, KEY)).isNotNull();
    }
  }

  @Test
  void visitsEveryItem() {
    try (RocksItemStore store = RocksItemStore.open(directory)) {
      store.put(List.of(entry(1, 1, "one", KEY), entry(2, 2, "two", KEY)));
      List<String> titles = new ArrayList<>();
      store.forEach(item -> titles.add(item.title()));

      assertThat(titles).containsExactly("one", "two");
    }
  }

  @Test
  void keepsEveryAcknowledgedItemWhenTheProcessIsKilled() throws Exception {
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .start();
    String acknowledged =
        new String(writer.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(writer.waitFor()).as(acknowledged).isEqualTo(Writer.HALTED);
    assertThat(acknowledged.lines().toList()).endsWith("stored " + Writer.ITEMS);
    try (RocksItemStore store = RocksItemStore.open(directory)) {
      for (long id = 1; id <= Writer.ITEMS; id++) {
        assertThat(store.item(id)).isEqualTo(item(id, id, "title " + id));
        assertThat(store.representation(id, id, KEY)).isNotNull();
      }
    }
  }

  /// A process that stores items, acknowledges them and dies without closing anything.
  static final class Writer {
    static final int HALTED = 42;
    static final int ITEMS = 20;

    private Writer() {}

    public static void main(String[] args) {
      RocksItemStore store = RocksItemStore.open(Path.of(args[0]));
      for (long id = 1; id <= ITEMS; id++) {
        store.put(List.of(entry(id, id, "title " + id, KEY)));
        System.out.println("stored " + id);
      }
      System.out.flush();
      Runtime.getRuntime().halt(HALTED);
    }
  }

  @Test
  void refusesAFolderThatAnotherServerUses() {
    try (RocksItemStore store = RocksItemStore.open(directory)) {
      assertThat(store.item(1)).isNull();
      assertThatThrownBy(() -> RocksItemStore.open(directory))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining(directory.toString())
          .hasMessageContaining("is another server using it?");
    }
  }

  @Test
  void refusesAPathThatIsNoFolder() throws IOException {
    Path file = java.nio.file.Files.writeString(directory.resolve("file"), "x");

    assertThatThrownBy(() -> RocksItemStore.open(file))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining(file.toString());
  }

  private static StoredItem item(long itemId, long hash, String title) {
    return new StoredItem(
        itemId, hash, title, "hats", "warm", new TreeMap<>(Map.of("pv", 3.5f, "clicks", 1f)));
  }

  private static ItemStore.Entry entry(long itemId, long hash, String title, EncoderKey key) {
    return new ItemStore.Entry(
        item(itemId, hash, title),
        new byte[] {1, 2, 3},
        Map.of(
            key,
            new ItemRepresentation(
                new float[] {0.5f, Float.MIN_VALUE, itemId * -1f}, new int[] {3, 0})));
  }
}
