package io.saviorrec.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.Item;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StoreFormatTest {
  private static final StoredItem ITEM =
      new StoredItem(
          7,
          12,
          StoredItem.Kind.SENT,
          new StoredItem.Times(1_000, 2_000),
          -3,
          "a hat",
          "hats",
          "",
          new TreeMap<>(Map.of("pv", 3f)),
          new TreeMap<>(Map.of("brand", FeatureValue.newBuilder().setText("acme").build())),
          34,
          new ReadyZ("e1", List.of(0.6f, -0.8f), true));

  @Test
  void readsWhatItWrote() {
    assertThat(StoreFormat.decodeItem(7, StoreFormat.encodeItem(ITEM))).isEqualTo(ITEM);
  }

  @Test
  void aReleaseThatKnowsOneTimeOfAllStatisticsReadsTheNewest() throws Exception {
    StoredItem refreshed =
        ITEM.with(
            ITEM.stats(),
            new StoredItem.Times(1_000, 2_000, new TreeMap<>(Map.of("pv", 3_000L, "x", 2_500L))));
    byte[] value = StoreFormat.encodeItem(refreshed);

    assertThat(StoreFormat.decodeItem(7, value)).isEqualTo(refreshed);
    // As such a release reads it: a format byte, the version, the kind, both times.
    ByteBuffer in = ByteBuffer.wrap(value);
    assertThat(in.get()).isEqualTo((byte) 3);
    assertThat(in.getLong(10)).isEqualTo(1_000);
    assertThat(in.getLong(18)).isEqualTo(3_000);
    int body = 4 + Integer.BYTES + 4 * Long.BYTES + "e1".length();
    assertThat(Item.parseFrom(in.position(body)).getTitle()).isEqualTo("a hat");
  }

  @Test
  void refusesALaterFormat() {
    assertThatThrownBy(() -> StoreFormat.requireReadable((byte) 4))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("was written in format 4; this server reads formats 1 to 3");
  }

  @Test
  void refusesAnItemOfALaterFormat() {
    byte[] value = StoreFormat.encodeItem(ITEM);
    value[0] = 4;

    assertThatThrownBy(() -> StoreFormat.decodeItem(7, value))
        .isInstanceOf(StoreException.class)
        .hasMessage(
            "item 7 in the item store was written in format 4; this server reads formats 1 to 3;"
                + " use the matching release");
  }

  @Test
  void saysWhichItemIsDamaged() {
    byte[] value = StoreFormat.encodeItem(ITEM);
    value[42] = (byte) 0xff;

    assertThatThrownBy(() -> StoreFormat.decodeItem(7, value))
        .isInstanceOf(StoreException.class)
        .hasMessage("item 7 in the item store is damaged");
  }

  @Test
  void keysOfOneItemBeginAlikeAndThoseOfOthersDoNot() {
    byte[] key = StoreFormat.representationKey(id(7, 1));

    assertThat(StoreFormat.startsWith(key, StoreFormat.itemKey(7))).isTrue();
    assertThat(StoreFormat.startsWith(key, StoreFormat.itemKey(8))).isFalse();
    assertThat(key).isNotEqualTo(StoreFormat.representationKey(id(7, 2)));
  }

  private static ItemStore.RepresentationId id(long itemId, long contentHash) {
    return new ItemStore.RepresentationId(itemId, contentHash, new EncoderKey("e", "r"));
  }
}
