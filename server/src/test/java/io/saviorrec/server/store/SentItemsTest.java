package io.saviorrec.server.store;

import static io.saviorrec.server.store.ItemStoreContractTest.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class SentItemsTest {
  private static final EncoderKey KEY = new EncoderKey("e1", "r1");
  private static final EncoderKey OTHER_KEY = new EncoderKey("e2", "r1");

  private final InMemoryItemStore store = new InMemoryItemStore();
  private final SentItems sent = new SentItems(store, 100);

  @Test
  void anItemThatIsReplacedWhileItIsReadIsNeverWithoutRepresentation() {
    sent.change(List.of(entry(7, 70, "a hat", KEY)));
    AtomicBoolean replaced = new AtomicBoolean();
    store.beforeRepresentations(
        () -> {
          if (!replaced.getAndSet(true)) {
            sent.change(List.of(entry(7, 71, "a scarf", KEY)));
          }
        });
    SentItem found =
        Objects.requireNonNull(sent.find(new long[] {7}, KEY, item -> true).getFirst());

    assertThat(found.item().title()).isEqualTo("a scarf");
    assertThat(found.representation()).isNotNull();
  }

  @Test
  void anItemThatTheseArchivesNeverEncodedHasNoRepresentation() {
    sent.change(List.of(entry(7, 70, "a hat", OTHER_KEY)));

    assertThat(sent.find(new long[] {7, 8}, KEY, item -> true))
        .satisfiesExactly(
            seven -> assertThat(Objects.requireNonNull(seven).representation()).isNull(),
            eight -> assertThat(eight).isNull());
  }

  @Test
  void readsARepresentationOnceAndNoneThatIsNotWanted() {
    sent.change(List.of(entry(7, 70, "a hat", KEY), entry(8, 80, "a scarf", KEY)));
    for (int i = 0; i < 3; i++) {
      assertThat(sent.find(new long[] {8, 7}, KEY, item -> item.itemId() == 7))
          .satisfiesExactly(
              eight -> assertThat(Objects.requireNonNull(eight).representation()).isNull(),
              seven -> assertThat(Objects.requireNonNull(seven).representation()).isNotNull());
    }

    assertThat(sent.cacheStats().missCount()).isEqualTo(1);
    assertThat(sent.cacheStats().hitCount()).isEqualTo(2);
  }

  @Test
  void tellsListenersWhatWasPutUntilTheyAreForgotten() {
    List<String> told = new ArrayList<>();
    SentItems.Listener listener =
        new SentItems.Listener() {
          @Override
          public void changing(long itemId) {
            told.add("changing " + itemId + (stored(itemId) ? ", stored" : ""));
          }

          @Override
          public void changed(long itemId) {
            told.add("changed " + itemId + (stored(itemId) ? ", stored" : ""));
          }

          private boolean stored(long itemId) {
            return store.items(new long[] {itemId}).getFirst() != null;
          }
        };
    sent.listen(listener);
    sent.change(List.of(entry(7, 70, "a hat", KEY), entry(8, 80, "a scarf", KEY)));
    sent.forget(listener);
    sent.change(List.of(entry(9, 90, "a coat", KEY)));

    assertThat(told)
        .containsExactly("changing 7", "changing 8", "changed 7, stored", "changed 8, stored");
  }

  @Test
  void knowsWhichItemsWereEverSentWithoutAskingTheStore() {
    SentItems before = new SentItems(store, 10);
    for (int id = 1; id <= 3000; id++) {
      before.change(List.of(entry(3L * id, id, "item " + id, KEY)));
    }
    SentItems again = new SentItems(store, 10);
    long[] ids = {0, 3, 4, 9000, 9003, -3};

    assertThat(before.places(ids)).containsExactly(1, 3);
    assertThat(again.places(ids)).containsExactly(1, 3);
    assertThat(again.places(new long[] {1, 2})).isEmpty();
  }
}
