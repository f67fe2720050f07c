package io.saviorrec.server.states;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.SharedItems;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.feature.ItemColumns;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.EncoderKey;
import io.saviorrec.server.store.ItemRepresentation;
import io.saviorrec.server.store.SentItem;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.store.StoredItem;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What one model knows of items: the item table of its bundle, and the items sent since.
///
/// A sent item with the content that training saw keeps the table's representation (TRAINED); with
/// other content its own encoding counts (ENCODED), and until that is made the table's (TRAINED).
/// Its item columns are what came with it; those that did not stay as the table has them. A deleted
/// item is unknown, whatever the table has.
///
/// Statistics that came count when they are newer than the training data, so that those of a launch
/// give way to those of a later model; those of an item that the table lacks always do.
///
/// For an unknown item of which a request says something, [SharedItems] has what stands in its
/// place, and [Means] those that were asked for lately.
public final class KnownItems {
  private final String name;
  private final ItemTable table;
  private final SentItems sent;
  private final EncoderKey key;
  private final FeatureSchema features;
  private final ItemColumns columns;
  private final Manifest.Dims dims;
  private final Manifest.Fallback fallback;
  private final Means means;
  private final long trainedUntilMillis;
  private final LongAdder missingRepresentations = new LongAdder();

  public KnownItems(Manifest manifest, ItemTable table, SentItems sent) {
    this.name = manifest.model() + "/" + manifest.version();
    this.table = table;
    this.sent = sent;
    this.key = EncoderKey.of(manifest);
    this.features = manifest.features();
    this.columns = new ItemColumns(features.item());
    this.dims = manifest.dims();
    this.fallback = manifest.fallback();
    SharedItems shared =
        reading(() -> SharedItems.of(table, RankerContract.of(manifest), manifest.features()));
    this.means = new Means(hint -> mean(shared, hint));
    this.trainedUntilMillis = TimeUnit.SECONDS.toMillis(manifest.lineage().trainedUntil());
  }

  /// What the model knows of these items, in their order.
  ///
  /// @throws RequestException INTERNAL when the item table cannot be read any more
  public KnownBatch find(long[] itemIds) {
    return reading(() -> findIn(itemIds));
  }

  /// The same by what requests say of them too.
  KnownBatch find(ItemKeys keys) {
    return reading(() -> findIn(keys));
  }

  private KnownBatch mean(SharedItems shared, ItemHint hint) {
    KnownBatch mean = unknown(new long[] {RankerContract.UNKNOWN_ITEM});
    mean.sources()[0] =
        shared.fill(hint.codes(), 0, hint.category(), SharedItems.NO_ROW, mean.items(), 0);
    return mean;
  }

  private KnownBatch unknown(long[] itemIds) {
    return KnownBatch.unknown(itemIds, statCount(), featureCount(), dims.zDim(), dims.levels());
  }

  private KnownBatch findIn(ItemKeys keys) {
    KnownBatch known = findIn(keys.ids());
    for (int i = 0; i < keys.size(); i++) {
      ItemHint hint = keys.hint(i);
      if (hint == null) {
        continue;
      }
      if (!known.known(i)) {
        // Over what a deleted item left of the table.
        known.set(i, means.of(hint));
      }
      hint.putStats(known.items().stats(), i * statCount());
    }
    return known;
  }

  private KnownBatch findIn(long[] itemIds) {
    KnownBatch known = unknown(itemIds);
    int[] sentPlaces = sent.places(itemIds);
    int next = 0;
    for (int i = 0; i < itemIds.length; i++) {
      if (next < sentPlaces.length && sentPlaces[next] == i) {
        next++;
      } else {
        int row = table.find(itemIds[i]);
        if (row >= 0) {
          known.sources()[i] = ScoreSource.TRAINED;
          table.copy(row, known.items(), i);
        }
      }
    }
    if (sentPlaces.length > 0) {
      addSent(itemIds, sentPlaces, known);
    }
    return known;
  }

  private void addSent(long[] itemIds, int[] places, KnownBatch known) {
    long[] ids = Arrays.stream(places).mapToLong(place -> itemIds[place]).toArray();
    List<@Nullable SentItem> found =
        sent.find(
            ids,
            key,
            item ->
                item.kind() == StoredItem.Kind.SENT && !holds(item.itemId(), item.contentHash()));
    for (int i = 0; i < places.length; i++) {
      int row = table.find(ids[i]);
      if (row >= 0) {
        table.copy(row, known.items(), places[i]);
      }
      known.sources()[places[i]] = add(row, found.get(i), known.items(), places[i]);
    }
  }

  /// A mapped file that was truncated gives the error of the platform that would mean its own ruin
  /// anywhere else; here the model alone is at fault.
  private <T> T reading(Supplier<T> read) {
    try {
      return read.get();
    } catch (InternalError e) {
      throw new RequestException(
          ErrorCode.INTERNAL, "the item table of " + name + " was changed while it was served");
    }
  }

  /// Puts what was sent over what the table has.
  ///
  /// @param row of the table; -1: none
  private ScoreSource add(int row, @Nullable SentItem found, ItemBatch out, int at) {
    if (found == null) {
      return row < 0 ? ScoreSource.UNKNOWN_ITEM : ScoreSource.TRAINED;
    }
    StoredItem item = found.item();
    if (item.deleted()) {
      return ScoreSource.UNKNOWN_ITEM;
    }
    ItemRepresentation representation = found.representation();
    if (representation == null) {
      if (item.kind() == StoredItem.Kind.SENT && (row < 0 || !describes(row, item))) {
        missingRepresentations.increment();
      }
      if (row < 0) {
        return ScoreSource.UNKNOWN_ITEM;
      }
    }
    List<String> names = features.itemStats();
    for (int i = 0; i < names.size(); i++) {
      Float stat = item.stats().get(names.get(i));
      if (stat != null && (row < 0 || item.times().of(names.get(i)) > trainedUntilMillis)) {
        out.stats()[at * names.size() + i] = stat;
      }
    }
    if (item.kind() == StoredItem.Kind.STATISTICS) {
      return ScoreSource.TRAINED;
    }
    int width = columns.width();
    long[] missing =
        row < 0
            ? columns.missing()
            : Arrays.copyOfRange(out.features(), at * width, (at + 1) * width);
    System.arraycopy(
        columns.encode(item.category(), item.features(), missing),
        0,
        out.features(),
        at * width,
        width);
    if (representation == null) {
      return ScoreSource.TRAINED;
    }
    System.arraycopy(representation.z(), 0, out.z(), at * dims.zDim(), dims.zDim());
    System.arraycopy(representation.codes(), 0, out.codes(), at * dims.levels(), dims.levels());
    return ScoreSource.ENCODED;
  }

  /// Whether what the table has is true of a sent item: its content, or all that it can have where
  /// an embedding came alone that is of another encoder.
  private boolean describes(int row, StoredItem item) {
    return table.contentHash(row) == item.contentHash() || (item.z() != null && item.z().alone());
  }

  /// Empty when the item is unknown or has no title.
  public String title(long itemId) {
    return reading(() -> titleIn(itemId));
  }

  private String titleIn(long itemId) {
    StoredItem item = sent.store().items(new long[] {itemId}).getFirst();
    if (item != null && item.kind() != StoredItem.Kind.STATISTICS) {
      return item.title();
    }
    int row = table.find(itemId);
    return row < 0 ? "" : table.title(row);
  }

  /// Whether training saw the item with this content, so that it needs no encoding.
  public boolean trainedOn(long itemId, long contentHash) {
    return reading(() -> holds(itemId, contentHash));
  }

  private boolean holds(long itemId, long contentHash) {
    int row = table.find(itemId);
    return row >= 0 && table.contentHash(row) == contentHash;
  }

  /// Whether training saw the item, with whatever content.
  public boolean trained(long itemId) {
    return reading(() -> table.find(itemId) >= 0);
  }

  public EncoderKey key() {
    return key;
  }

  /// Statistics S of an item.
  int statCount() {
    return features.itemStats().size();
  }

  /// Item columns F.
  int featureCount() {
    return columns.width();
  }

  /// How scores of unknown items are shifted.
  Manifest.Fallback fallback() {
    return fallback;
  }

  public Manifest.Dims dims() {
    return dims;
  }

  public int trainedItems() {
    return table.size();
  }

  /// How often a sent item was asked for whose content this model's archives have not encoded: the
  /// backlog has not come to it yet, or cannot encode it.
  public long missingRepresentations() {
    return missingRepresentations.sum();
  }
}
