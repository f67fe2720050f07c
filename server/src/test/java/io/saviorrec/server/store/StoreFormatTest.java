package io.saviorrec.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StoreFormatTest {
  private static final StoredItem ITEM =
      new StoredItem(7, -3, "a hat", "hats", "", new TreeMap<>(Map.of("pv", 3f)));

  @Test
  void readsWhatItWrote() {
    assertThat(StoreFormat.decodeItem(7, StoreFormat.encodeItem(ITEM))).isEqualTo(ITEM);
  }

  @Test
  void refusesAnotherFormat() {
    byte[] value = StoreFormat.encodeItem(ITEM);
    value[0] = 2;

    assertThatThrownBy(() -> StoreFormat.decodeItem(7, value))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("was written in format 2; this server reads 1");
  }

  @Test
  void saysWhichItemIsDamaged() {
    byte[] value = StoreFormat.encodeItem(ITEM);
    value[9] = (byte) 0xff;

    assertThatThrownBy(() -> StoreFormat.decodeItem(7, value))
        .isInstanceOf(StoreException.class)
        .hasMessage("item 7 in the item store is damaged");
  }

  @Test
  void keysOfOneItemBeginAlikeAndThoseOfOthersDoNot() {
    byte[] key = StoreFormat.representationKey(7, 1, new EncoderKey("e", "r"));

    assertThat(StoreFormat.startsWith(key, StoreFormat.itemKey(7))).isTrue();
    assertThat(StoreFormat.startsWith(key, StoreFormat.itemKey(8))).isFalse();
    assertThat(key).isNotEqualTo(StoreFormat.representationKey(7, 2, new EncoderKey("e", "r")));
  }
}
