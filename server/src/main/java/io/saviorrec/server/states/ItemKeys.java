package io.saviorrec.server.states;

import io.saviorrec.contract.RankerContract;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Items whose states are asked for, by one of three kinds of key:
/// * an item's id alone, which most are;
/// * its id and a hint with statistics: the state is for one call alone;
/// * a hint without statistics, of an item that is not known: its id does not matter.
///
/// @param ids the item of each place
/// @param hints by place, null where there is none; null: there are none at all
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record ItemKeys(long[] ids, @Nullable ItemHint @Nullable [] hints) {

  static ItemKeys of(long[] ids) {
    return new ItemKeys(ids, null);
  }

  /// Keys of unknown items.
  static ItemKeys alike(ItemHint[] hints) {
    long[] ids = new long[hints.length];
    Arrays.fill(ids, RankerContract.UNKNOWN_ITEM);
    return new ItemKeys(ids, hints);
  }

  int size() {
    return ids.length;
  }

  @Nullable ItemHint hint(int place) {
    return hints == null ? null : hints[place];
  }

  int hash(int place) {
    ItemHint hint = hint(place);
    return hint == null || !hint.isShared() ? Hash.of(ids[place]) : hint.spread();
  }

  ItemKeys select(int[] places) {
    long[] chosen = new long[places.length];
    @Nullable ItemHint[] told = hints == null ? null : new ItemHint[places.length];
    for (int i = 0; i < places.length; i++) {
      chosen[i] = ids[places[i]];
      if (told != null) {
        told[i] = hint(places[i]);
      }
    }
    return new ItemKeys(chosen, told);
  }
}
