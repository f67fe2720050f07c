package io.saviorrec.server.states;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.store.ItemRepresentation;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.RocksItemStore;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.store.StoredItem;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Items that are read from disk, because nothing of them is cached, while they are sent again.
@Timeout(60)
class KnownItemsUnderUpsertsTest {
  private static final long NEW_ITEM = 1000;
  private static final long TRAINED_ITEM = 1;
  private static final int UPSERTS = 400;

  @TempDir private Path folder;

  @Test
  void aKnownItemIsNeverUnknownDuringItsOwnUpsert() throws Exception {
    Bundle bundle = TestBundles.write(folder.resolve("models"), "m");
    try (ItemTable table = bundle.items();
        RocksItemStore store = RocksItemStore.open(folder.resolve("items"), 0)) {
      // One representation is kept, so almost every reading asks the store for others.
      SentItems sent = new SentItems(store, 1);
      KnownItems items = new KnownItems(bundle.manifest(), table, sent);
      send(sent, items, 0);
      CompletableFuture<Void> sender =
          CompletableFuture.runAsync(
              () -> {
                for (int i = 1; i <= UPSERTS; i++) {
                  send(sent, items, i);
                }
              },
              task -> new Thread(task).start());
      int read = 0;
      while (!sender.isDone()) {
        KnownBatch known = items.find(new long[] {NEW_ITEM, TRAINED_ITEM});
        assertThat(known.sources())
            .as("reading " + read++)
            .containsExactly(ScoreSource.ENCODED, ScoreSource.ENCODED);
      }
      sender.get(1, TimeUnit.SECONDS);
      assertThat(read).isPositive();
    }
  }

  private static void send(SentItems sent, KnownItems items, int content) {
    sent.change(List.of(entry(items, NEW_ITEM, content), entry(items, TRAINED_ITEM, content)));
  }

  private static ItemStore.Entry entry(KnownItems items, long itemId, int content) {
    StoredItem item =
        new StoredItem(
            itemId,
            StoredItem.UNSTORED,
            content,
            "title " + content,
            "",
            "",
            new TreeMap<>(),
            new TreeMap<>());
    float[] z = new float[FakeEngine.Z_DIM];
    z[0] = content;
    return new ItemStore.Entry(
        item,
        new byte[0],
        Map.of(items.key(), new ItemRepresentation(z, new int[FakeEngine.LEVELS])));
  }
}
