package io.saviorrec.server.upsert;

import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.EncoderGroup;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.ItemChange;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.store.StoreException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What the encoders take at once and the store writes at once: items of one upsert or of several.
/// Owned by one thread.
///
/// Time: items come in until as many are there as one encoder call takes, or until decoding their
/// pictures has taken [#DECODE_NANOS]: others wait. A picture that takes longer than
/// [#PATIENCE_NANOS] is given up while items of other upserts are in, and is to begin a turn of its
/// upsert's own.
final class Turn {
  static final long DECODE_NANOS = 100_000_000;
  static final long PATIENCE_NANOS = 20_000_000;

  private final SentItems sent;
  private final int encodeBatch;
  private final List<EncoderBatch> batches;
  private final List<Draft> drafts = new ArrayList<>();
  private final Set<Long> itemIds = new HashSet<>();
  private long decodeNanos;
  private long[] stored = {};

  /// What became of the first items of an upsert.
  ///
  /// @param taken how many of them are in
  /// @param slow whether the next one was given up
  record Share(int taken, boolean slow) {}

  /// A picture takes too long for those that wait with it; not an error of anybody.
  private static final class TooSlow extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooSlow() {
      super("a picture holds others up", null, false, false);
    }
  }

  Turn(List<EncoderGroup> groups, SentItems sent, int encodeBatch, UpsertMetrics metrics) {
    this.sent = sent;
    this.encodeBatch = encodeBatch;
    this.batches =
        groups.stream().map(group -> new EncoderBatch(group, sent.store(), metrics)).toList();
  }

  /// Whether more can come in.
  boolean open() {
    return drafts.size() < encodeBatch && decodeNanos < DECODE_NANOS;
  }

  /// Takes in the first of these drafts, as many as there is room and time for: all, some or none
  /// where other upserts came first, and at least one where none did. An item that is in already
  /// must wait, so that its versions keep their order.
  ///
  /// @return what is in; those of them that cannot be used say so
  /// @throws RequestException when the call has ended; nothing of it is in then
  /// @throws StoreException when nothing can be stored
  Share add(List<Draft> some, Call call) {
    call.check();
    // Before anything is computed for nothing.
    sent.store().requireRoom();
    boolean first = drafts.isEmpty();
    int taken = 0;
    try {
      while (taken < some.size()
          && (open() || (first && taken == 0))
          && itemIds.add(some.get(taken).item().itemId())) {
        add(some.get(taken), call, first);
        taken++;
      }
      call.check();
      return new Share(taken, false);
    } catch (TooSlow e) {
      return new Share(taken, true);
    } catch (RuntimeException e) {
      drop(some.subList(0, taken));
      throw e;
    }
  }

  private void add(Draft draft, Call call, boolean first) {
    drafts.add(draft);
    long begun = System.nanoTime();
    Runnable wanted =
        () -> {
          call.check();
          if (!first && System.nanoTime() - begun > PATIENCE_NANOS) {
            throw new TooSlow();
          }
        };
    try {
      batches.forEach(batch -> batch.add(draft, wanted));
    } catch (RuntimeException e) {
      drop(List.of(draft));
      throw e;
    } finally {
      decodeNanos += System.nanoTime() - begun;
    }
  }

  /// These are not wanted any more.
  void drop(List<Draft> some) {
    Set<Draft> unwanted = new HashSet<>(some);
    drafts.removeAll(unwanted);
    unwanted.forEach(draft -> itemIds.remove(draft.item().itemId()));
    batches.forEach(batch -> batch.drop(unwanted));
  }

  /// Encodes what is in. Those that cannot be encoded say so.
  void encode() {
    batches.forEach(EncoderBatch::encode);
  }

  /// Stores what is good in one durable write. What came too late says so.
  ///
  /// @throws StoreException when nothing was stored
  void store() {
    List<Draft> good = drafts.stream().filter(Draft::good).toList();
    if (!good.isEmpty()) {
      List<ItemChange.Outcome> outcomes = sent.change(good.stream().map(Draft::entry).toList());
      List<Long> changed = new ArrayList<>(good.size());
      for (int i = 0; i < good.size(); i++) {
        good.get(i).stored(outcomes.get(i));
        if (outcomes.get(i).after() != null) {
          changed.add(good.get(i).item().itemId());
        }
      }
      stored = changed.stream().mapToLong(Long::longValue).toArray();
    }
  }

  /// The items that [#store] has stored.
  long[] stored() {
    return stored;
  }
}
