package io.saviorrec.trainer.train;

import io.saviorrec.content.ItemContent;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.data.prepare.LogDigest;
import java.util.stream.IntStream;

/// What tells one data set from another.
///
/// @param learned SHA-256 of all that the encoder and the quantizer learn from: the cuts, the items
///   with their content, and who saw and clicked which of them when
/// @param whole SHA-256 of that and of what only the ranker reads: features and pctr_base
/// @param contentHashes of each item, for the bundle
@SuppressWarnings("ArrayRecordComponent") // a plain column, never compared
public record DataFingerprint(String learned, String whole, long[] contentHashes) {

  private static final int ITEMS_AT_ONCE = 4096;

  public static DataFingerprint of(DataSet data) {
    ItemCatalogue items = data.items();
    long[] hashes = new long[items.size()];
    Sha256 sha = new Sha256();
    Cuts cuts = data.cuts();
    sha.add(cuts.warmupUntil()).add(cuts.validationFrom()).add(cuts.testFrom());
    sha.add(items.textParts().toString());
    sha.add(items.size());
    byte[][] digests = new byte[ITEMS_AT_ONCE][];
    for (int from = 0; from < items.size(); from += ITEMS_AT_ONCE) {
      int first = from;
      int count = Math.min(ITEMS_AT_ONCE, items.size() - from);
      IntStream.range(0, count)
          .parallel()
          .forEach(
              i -> {
                digests[i] = items.content(first + i).digest();
                hashes[first + i] = ItemContent.hash(digests[i]);
              });
      for (int i = 0; i < count; i++) {
        sha.add(items.itemId(first + i)).add(digests[i]);
      }
    }
    LogDigest log = data.logDigest();
    String learned = sha.add(log.clicks()).hex();
    String whole = new Sha256().add(learned).add(data.schema().toString()).add(log.rest()).hex();
    return new DataFingerprint(learned, whole, hashes);
  }
}
