package io.saviorrec.server.states;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.IntBuffer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What stands in the place of unknown items, by their codes and category: the last that were asked
/// for, as a mean over many rows takes long and the table never changes.
///
/// It is for items with statistics of a request's own, whose states no other call can use: those
/// without have a state that is cached.
final class Means {
  /// Some hundred bytes each.
  static final int MOST = 4096;

  private final Function<ItemHint, KnownBatch> compute;
  private final Cache<Key, KnownBatch> recent = Caffeine.newBuilder().maximumSize(MOST).build();

  /// All that a mean depends on. Buffers are equal when what is in them is.
  private record Key(@Nullable IntBuffer codes, long category) {}

  /// @param compute the mean of a hint, as a batch of one without statistics
  Means(Function<ItemHint, KnownBatch> compute) {
    this.compute = compute;
  }

  /// What stands in the place of an unknown item, as a batch of one. Not to be written into.
  KnownBatch of(ItemHint hint) {
    int[] codes = hint.codes();
    Key key = new Key(codes == null ? null : IntBuffer.wrap(codes), hint.category());
    return recent.get(key, _ -> compute.apply(hint));
  }

  /// How many are kept.
  long kept() {
    recent.cleanUp();
    return recent.estimatedSize();
  }
}
