package io.saviorrec.server.store;

import static io.saviorrec.server.store.ItemStoreContractTest.entry;
import static io.saviorrec.server.store.ItemStoreContractTest.item;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.proto.v1.Item;
import io.saviorrec.server.store.ItemStore.RepresentationId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;

/// What the store on disk does beyond [ItemStoreContractTest].
@Timeout(60)
class RocksItemStoreTest {
  private static final EncoderKey KEY = new EncoderKey("e1", "r1");
  private static final String SECRET = "nobody may read this after it was deleted";

  @TempDir private Path directory;

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
    try (RocksItemStore store = RocksItemStore.open(directory, 0)) {
      for (long id = 1; id <= Writer.ITEMS; id++) {
        StoredItem item = read(store, id);
        assertThat(item.with(item.stats(), StoredItem.Times.NOW))
            .isEqualTo(item(id, id, "title " + id).withVersion(id));
        assertThat(store.representations(List.of(new RepresentationId(id, id, KEY))))
            .doesNotContainNull();
      }
    }
  }

  /// A process that stores items, acknowledges them and dies without closing anything.
  static final class Writer {
    static final int HALTED = 42;
    static final int ITEMS = 20;

    private Writer() {}

    public static void main(String[] args) {
      RocksItemStore store = RocksItemStore.open(Path.of(args[0]), 0);
      for (long id = 1; id <= ITEMS; id++) {
        store.change(List.of(entry(id, id, "title " + id, KEY)));
        System.out.println("stored " + id);
      }
      System.out.flush();
      Runtime.getRuntime().halt(HALTED);
    }
  }

  @Test
  void saysWhatMemoryItTakes() {
    RocksItemStore store = RocksItemStore.open(directory, 0);
    long before = store.memory().writes();
    for (long id = 1; id <= 1000; id++) {
      store.change(List.of(entry(id, id, "title " + id, KEY)));
    }

    assertThat(store.memory().writes()).isGreaterThan(before + 100_000);
    store.close();
    assertThat(store.memory()).isEqualTo(ItemStore.Memory.NONE);
  }

  @Test
  void aWriteThatTheDiskRefusesLosesNothingAndIsOverOnceThereIsRoom() throws Exception {
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Filler.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(writer.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(writer.waitFor()).as(said).isEqualTo(Writer.HALTED);
    List<String> lines = said.lines().toList();
    assertThat(lines.stream().filter(line -> line.startsWith("refused")))
        .as(said)
        .containsExactly(
            "refused: cannot write the item store: its disk gives errors",
            "refused: cannot write the item store; it is opened again in a second");
    assertThat(lines.stream().filter(line -> line.contains(directory.toString())).count())
        .as("lines of the log: that it failed, and that it is over")
        .isEqualTo(2);
    List<Long> acknowledged =
        lines.stream()
            .filter(line -> line.startsWith("stored "))
            .map(line -> Long.valueOf(line.substring("stored ".length())))
            .toList();
    assertThat(acknowledged).hasSizeGreaterThan(Filler.AFTERWARDS);
    try (RocksItemStore store = RocksItemStore.open(directory, 0)) {
      for (long id : acknowledged) {
        assertThat(read(store, id).title()).isEqualTo("title " + id);
        assertThat(store.image(id)).hasSize(Filler.IMAGE_BYTES);
      }
      assertThat(store.changesSince(0, 10_000).itemIds()).containsExactlyElementsOf(acknowledged);
    }
  }

  /// A process that is not allowed files as large as it needs, and then is.
  static final class Filler {
    static final int IMAGE_BYTES = 20_000;
    static final int AFTERWARDS = 50;

    private static final Set<String> refusals = new TreeSet<>();

    private Filler() {}

    public static void main(String[] args) throws Exception {
      try (RocksItemStore store = RocksItemStore.open(Path.of(args[0]), 0)) {
        limitFiles("300000:unlimited");
        long id = 1;
        while (store(store, id)) {
          id++;
        }
        // Nothing is lost for those who read.
        if (store.items(new long[] {1}).getFirst() == null) {
          throw new IllegalStateException("item 1 cannot be read any more");
        }
        // It cannot even be opened again; reading writes nothing.
        limitFiles("100:unlimited");
        if (store(store, ++id)) {
          throw new IllegalStateException("stored although there is no room");
        }
        if (store.items(new long[] {1}).getFirst() == null) {
          throw new IllegalStateException("item 1 cannot be read any more");
        }
        limitFiles("unlimited");
        while (!store(store, id)) {
          Thread.onSpinWait();
        }
        for (int i = 0; i < AFTERWARDS; i++) {
          if (!store(store, ++id)) {
            throw new IllegalStateException("not stored although there is room");
          }
        }
        refusals.forEach(refusal -> System.out.println("refused: " + refusal));
        System.out.flush();
      }
      Runtime.getRuntime().halt(Writer.HALTED);
    }

    private static boolean store(ItemStore store, long id) {
      ItemStore.Entry entry = entry(id, id, "title " + id, KEY);
      try {
        store.requireRoom();
        store.change(
            List.of(
                new ItemStore.Entry(entry.item(), new byte[IMAGE_BYTES], entry.representations())));
        System.out.println("stored " + id);
        return true;
      } catch (StoreException e) {
        refusals.add(String.valueOf(e.getMessage()));
        return false;
      }
    }

    private static void limitFiles(String bytes) throws IOException, InterruptedException {
      Process prlimit =
          new ProcessBuilder(
                  "prlimit",
                  "--pid",
                  Long.toString(ProcessHandle.current().pid()),
                  "--fsize=" + bytes)
              .inheritIO()
              .start();
      if (prlimit.waitFor() != 0) {
        throw new IllegalStateException("prlimit failed");
      }
    }
  }

  @Test
  void whatIsOlderThanWhatWasChangedWhileAnotherStoreWasAskedUndoesNothing() {
    try (RocksItemStore store = RocksItemStore.open(directory, 0)) {
      store.copy(List.of(copy(5, "a hat")));
      List<@Nullable StoredItem> read = store.items(new long[] {7});
      store.copy(List.of(copy(6, "a scarf")));

      store.copyBack(List.of(copy(4, "an old hat")), read);
      assertThat(store.items(new long[] {7})).containsExactly(copy(6, "a scarf").item());
      store.forget(List.of(copy(5, "a hat").item()));
      assertThat(store.items(new long[] {7})).containsExactly(copy(6, "a scarf").item());
      store.copy(List.of(copy(4, "an old hat")));
      assertThat(store.items(new long[] {7})).containsExactly(copy(6, "a scarf").item());

      // What the other store has lost is taken back.
      store.copyBack(List.of(copy(4, "an old hat")), store.items(new long[] {7}));
      assertThat(store.items(new long[] {7})).containsExactly(copy(4, "an old hat").item());
      store.forget(List.of(copy(4, "an old hat").item()));
      assertThat(store.items(new long[] {7})).containsOnlyNulls();
    }
  }

  private static RedisItems.Copy copy(long version, String title) {
    return new RedisItems.Copy(item(7, 70, title).withVersion(version), Map.of());
  }

  @Test
  void nothingIsStoredWithoutTheRoomThatIsAskedFor() {
    try (RocksItemStore store = RocksItemStore.open(directory, Long.MAX_VALUE)) {
      for (Runnable write :
          List.<Runnable>of(
              store::requireRoom, () -> store.change(List.of(entry(1, 1, "one", KEY))))) {
        assertThatThrownBy(write::run)
            .isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.full()).isTrue())
            .hasMessage("the item store's disk is full; nothing is stored until there is room");
      }
      assertThat(store.items(new long[] {1})).containsOnlyNulls();
    }
  }

  @Test
  void versionsGoOnAfterARestart() {
    try (RocksItemStore store = RocksItemStore.open(directory, 0)) {
      store.change(List.of(entry(1, 1, "one", KEY), entry(2, 2, "two", KEY)));
    }
    try (RocksItemStore store = RocksItemStore.open(directory, 0)) {
      store.change(List.of(entry(1, 1, "one again", KEY)));

      assertThat(read(store, 1).version()).isGreaterThan(read(store, 2).version());
      assertThat(store.changesSince(0, 10).itemIds()).containsExactly(2L, 1L);
    }
  }

  @ParameterizedTest
  @ValueSource(bytes = {1, 2})
  void aStoreOfAnEarlierReleaseGetsVersionsAndTimesWhenItIsOpened(byte format) throws Exception {
    writeStore(format);
    for (long start = 1; start <= 2; start++) {
      InstantSource clock = InstantSource.fixed(Instant.ofEpochMilli(1000 * start));
      try (RocksItemStore store = RocksItemStore.open(directory, 0, clock, 0)) {
        assertThat(read(store, 4).title()).isEqualTo("item 4");
        assertThat(read(store, 4).contentHash()).isEqualTo(40);
        assertThat(read(store, 4).times()).isEqualTo(StoredItem.Times.at(1000));
        assertThat(read(store, 4).kind()).isEqualTo(StoredItem.Kind.SENT);
        assertThat(store.changesSince(0, 10).itemIds()).containsExactly(3L, 4L, 5L);
        assertThat(store.image(5)).containsExactly(9);
        ItemRepresentation kept =
            Objects.requireNonNull(
                store.representations(List.of(new RepresentationId(3, 30, KEY))).getFirst());
        assertThat(kept.z()).containsExactly(1.5f);
        assertThat(kept.codes()).containsExactly(2);
      }
    }
  }

  /// The bytes that the format before versions, or before times, had.
  private void writeStore(byte format) throws Exception {
    List<ColumnFamilyDescriptor> families = new ArrayList<>();
    families.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY));
    for (String name : List.of("items", "images", "representations", "changes")) {
      families.add(new ColumnFamilyDescriptor(StoreFormat.utf8(name)));
    }
    boolean versions = format > 1;
    if (!versions) {
      families.removeLast();
    }
    List<ColumnFamilyHandle> handles = new ArrayList<>();
    try (DBOptions options =
            new DBOptions().setCreateIfMissing(true).setCreateMissingColumnFamilies(true);
        RocksDB db = RocksDB.open(options, directory.toString(), families, handles)) {
      for (long id = 3; id <= 5; id++) {
        byte[] key = ByteBuffer.allocate(8).putLong(id).array();
        byte[] body = Item.newBuilder().setTitle("item " + id).build().toByteArray();
        ByteBuffer item = ByteBuffer.allocate((versions ? 17 : 9) + body.length).put(format);
        if (versions) {
          item.putLong(id);
          db.put(handles.get(4), key, key);
        }
        db.put(handles.get(1), key, item.putLong(id * 10).put(body).array());
        db.put(handles.get(2), key, new byte[] {9});
        db.put(
            handles.get(3),
            ByteBuffer.allocate(21)
                .putLong(id)
                .putLong(id * 10)
                .put(StoreFormat.utf8("e1:r1"))
                .array(),
            ByteBuffer.allocate(17)
                .put((byte) 1)
                .putInt(1)
                .putInt(1)
                .putFloat(1.5f)
                .putInt(2)
                .array());
      }
      if (versions) {
        db.put(StoreFormat.utf8("format"), new byte[] {format});
      }
      handles.forEach(ColumnFamilyHandle::close);
    }
  }

  @Test
  void ofADeletedItemNoByteIsLeftInTheFiles() throws Exception {
    try (RocksItemStore store = RocksItemStore.open(directory, 0, InstantSource.system(), 0)) {
      store.change(List.of(secret(7), entry(8, 80, "a hat", KEY)));
      assertThat(filesHold(SECRET)).isTrue();
      store.change(List.of(new ItemChange.Deletion(7)));
      awaitErased();

      assertThat(read(store, 7).deleted()).isTrue();
      assertThat(read(store, 8).title()).isEqualTo("a hat");
      assertThat(store.image(8)).containsExactly(1, 2, 3);
    }
  }

  @Test
  void anErasureThatACrashCutShortIsDoneAfterTheNextStart() throws Exception {
    long never = Long.MAX_VALUE;
    try (RocksItemStore store = RocksItemStore.open(directory, 0, InstantSource.system(), never)) {
      store.change(List.of(secret(7)));
      store.change(List.of(new ItemChange.Deletion(7)));
    }
    assertThat(filesHold(SECRET)).isTrue();
    try (RocksItemStore store = RocksItemStore.open(directory, 0, InstantSource.system(), 0)) {
      awaitErased();
      assertThat(read(store, 7).deleted()).isTrue();
    }
  }

  private static ItemStore.Entry secret(long itemId) {
    return new ItemStore.Entry(
        item(itemId, 70, "title " + SECRET),
        StoreFormat.utf8("picture " + SECRET),
        Map.of(KEY, new ItemRepresentation(new float[] {1}, new int[] {2})));
  }

  private void awaitErased() throws IOException {
    while (filesHold(SECRET)) {
      if (Thread.interrupted()) {
        throw new AssertionError("the files still hold what was deleted");
      }
      Thread.onSpinWait();
    }
  }

  private boolean filesHold(String text) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        try {
          if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text)) {
            return true;
          }
        } catch (NoSuchFileException _) {
          // RocksDB took it away meanwhile.
        }
      }
    }
    return false;
  }

  @Test
  void refusesAStoreOfALaterFormat() throws Exception {
    RocksItemStore.open(directory, 0).close();
    List<ColumnFamilyDescriptor> families = new ArrayList<>();
    families.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY));
    for (String name : List.of("items", "images", "representations", "changes")) {
      families.add(new ColumnFamilyDescriptor(StoreFormat.utf8(name)));
    }
    List<ColumnFamilyHandle> handles = new ArrayList<>();
    try (DBOptions options = new DBOptions();
        RocksDB db = RocksDB.open(options, directory.toString(), families, handles)) {
      db.put(StoreFormat.utf8("format"), new byte[] {4});
      handles.forEach(ColumnFamilyHandle::close);
    }

    assertThatThrownBy(() -> RocksItemStore.open(directory, 0))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("was written in format 4; this server reads formats 1 to 3");
  }

  @Test
  void aFolderThatAnotherServerUsesIsSaidInPlainWords() {
    try (RocksItemStore store = RocksItemStore.open(directory, 0)) {
      assertThat(store.items(new long[] {1})).containsOnlyNulls();
      assertThatThrownBy(() -> RocksItemStore.open(directory, 0))
          .isInstanceOf(StoreException.class)
          .hasMessage(
              "the item store in "
                  + directory
                  + " is in use by another server; items.storeDirectory names another folder");
    }
  }

  @Test
  void aPathThatIsAFileIsSaidInPlainWords() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x");

    for (Path path : List.of(file, file.resolve("below"))) {
      assertThatThrownBy(() -> RocksItemStore.open(path, 0))
          .isInstanceOf(StoreException.class)
          .hasMessage(
              "the folder "
                  + path
                  + " of the item store cannot be created: there is a file of that name;"
                  + " items.storeDirectory names another folder");
    }
  }

  @Test
  void aDamagedStoreIsSaidInPlainWords() throws IOException {
    RocksItemStore.open(directory, 0).close();
    Files.writeString(directory.resolve("CURRENT"), "nonsense");

    assertThatThrownBy(() -> RocksItemStore.open(directory, 0))
        .isInstanceOf(StoreException.class)
        .hasMessageStartingWith("the item store in " + directory + " cannot be opened")
        .hasMessageContaining("its files are damaged");
  }

  private static StoredItem read(ItemStore store, long itemId) {
    return Objects.requireNonNull(store.items(new long[] {itemId}).getFirst());
  }
}
