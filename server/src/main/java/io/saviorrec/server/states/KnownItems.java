package io.saviorrec.server.states;

import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What one model knows of items: the item table of its bundle, and the items sent since.
///
/// A sent item with the content that training saw keeps the table's representation (TRAINED); with
/// other content its own encoding counts (ENCODED). Its statistics are those that came with it, 0
/// where absent; a trained item that was sent without any keeps the table's. Its item columns are
/// what came with it; those that did not stay as the table has them.
public final class KnownItems {
  private final String name;
  private final ItemTable table;
  private final SentItems sent;
  private final EncoderKey key;
  private final FeatureSchema features;
  private final ItemColumns columns;
  private final Manifest.Dims dims;
  private final LongAdder missingRepresentations = new LongAdder();

  public KnownItems(Manifest manifest, ItemTable table, SentItems sent) {
    this.name = manifest.model() + "/" + manifest.version();
    this.table = table;
    this.sent = sent;
    this.key = EncoderKey.of(manifest);
    this.features = manifest.features();
    this.columns = new ItemColumns(features.item());
    this.dims = manifest.dims();
  }

  /// What the model knows of these items, in their order; null: nothing.
  ///
  /// @throws RequestException INTERNAL when the item table cannot be read any more
  public List<@Nullable KnownItem> find(long[] itemIds) {
    return reading(() -> findIn(itemIds));
  }

  private List<@Nullable KnownItem> findIn(long[] itemIds) {
    List<@Nullable SentItem> found =
        sent.find(itemIds, key, item -> !holds(item.itemId(), item.contentHash()));
    List<@Nullable KnownItem> known = new ArrayList<>(itemIds.length);
    for (int i = 0; i < itemIds.length; i++) {
      known.add(known(table.find(itemIds[i]), found.get(i)));
    }
    return known;
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

  private @Nullable KnownItem known(int row, @Nullable SentItem found) {
    if (found == null) {
      return row < 0
          ? null
          : new KnownItem(ScoreSource.TRAINED, stats(row), features(row), trained(row));
    }
    StoredItem item = found.item();
    if (row >= 0 && table.contentHash(row) == item.contentHash()) {
      return new KnownItem(
          ScoreSource.TRAINED, stats(item, row), features(item, row), trained(row));
    }
    if (found.representation() == null) {
      missingRepresentations.increment();
      return null;
    }
    return new KnownItem(
        ScoreSource.ENCODED, stats(item, row), features(item, row), found.representation());
  }

  /// Empty when the item is unknown or has no title.
  public String title(long itemId) {
    return reading(() -> titleIn(itemId));
  }

  private String titleIn(long itemId) {
    StoredItem item = sent.store().items(new long[] {itemId}).getFirst();
    if (item != null) {
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

  private ItemRepresentation trained(int row) {
    float[] z = new float[dims.zDim()];
    int[] codes = new int[dims.levels()];
    table.z(row, z, 0);
    table.codes(row, codes, 0);
    return new ItemRepresentation(z, codes);
  }

  private float[] stats(int row) {
    float[] stats = new float[features.itemStats().size()];
    table.stats(row, stats, 0);
    return stats;
  }

  private float[] stats(StoredItem item, int row) {
    if (item.stats().isEmpty() && row >= 0) {
      return stats(row);
    }
    List<String> statNames = features.itemStats();
    float[] stats = new float[statNames.size()];
    for (int i = 0; i < stats.length; i++) {
      stats[i] = item.stats().getOrDefault(statNames.get(i), 0f);
    }
    return stats;
  }

  private long[] features(int row) {
    long[] rows = new long[columns.width()];
    table.features(row, rows, 0);
    return rows;
  }

  private long[] features(StoredItem item, int row) {
    return columns.encode(
        item.category(), item.features(), row < 0 ? columns.missing() : features(row));
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

  long modifications() {
    return sent.modifications();
  }

  public Manifest.Dims dims() {
    return dims;
  }

  public int trainedItems() {
    return table.size();
  }

  /// How often a sent item was asked for that has no representation by this model's archives: its
  /// encoding failed when the server started with a new encoder.
  public long missingRepresentations() {
    return missingRepresentations.sum();
  }
}
