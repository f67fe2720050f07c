package io.saviorrec.trainer.train;

import io.saviorrec.content.ItemContent;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import java.util.stream.IntStream;

/// What tells one data set from another.
///
/// @param learned SHA-256 of all that the encoder and the quantizer learn from: the cuts, the items
///   with their content, and who saw and clicked which of them when
/// @param whole SHA-256 of that and of what only the ranker reads: features and pctr_base
/// @param contentHashes of each item, for the bundle
@SuppressWarnings("ArrayRecordComponent") // a plain column, never compared
record DataFingerprint(String learned, String whole, long[] contentHashes) {

  static DataFingerprint of(DataSet data) {
    ItemCatalogue items = data.items();
    long[] hashes = new long[items.size()];
    byte[][] digests = new byte[items.size()][];
    IntStream.range(0, items.size())
        .parallel()
        .forEach(
            i -> {
              digests[i] = items.content(i).digest();
              hashes[i] = ItemContent.hash(digests[i]);
            });
    Sha256 sha = new Sha256();
    Cuts cuts = data.cuts();
    sha.add(cuts.warmupUntil()).add(cuts.validationFrom()).add(cuts.testFrom());
    sha.add(items.size());
    for (int i = 0; i < items.size(); i++) {
      sha.add(items.itemId(i)).add(digests[i]);
    }
    addClicks(sha, data.log());
    String learned = sha.hex();
    return new DataFingerprint(learned, whole(learned, data), hashes);
  }

  private static void addClicks(Sha256 sha, ImpressionLog log) {
    sha.add(log.pages());
    for (int page = 0; page < log.pages(); page++) {
      sha.add(log.pageTime[page]).add(log.pageUser[page]).add(log.pageStart[page + 1]);
    }
    for (int i = 0; i < log.samples(); i++) {
      sha.add(log.sampleItem[i] * 2L + (log.clicked[i] ? 1 : 0));
    }
  }

  private static String whole(String learned, DataSet data) {
    ImpressionLog log = data.log();
    Sha256 sha = new Sha256().add(learned).add(data.schema().toString());
    for (long row : log.pageProfile) {
      sha.add(row);
    }
    for (long row : log.pageContext) {
      sha.add(row);
    }
    for (float base : log.pctrBase) {
      sha.add(Float.floatToIntBits(base));
    }
    return sha.hex();
  }
}
