package io.saviorrec.trainer.train;

import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import java.util.stream.IntStream;

/// A number that changes when anything changes that the encoder and the quantizer learn from.
record DataFingerprint(long value, long[] contentHashes) {
  private static final long PRIME = 1_099_511_628_211L;

  static DataFingerprint of(DataSet data) {
    ItemCatalogue items = data.items();
    long[] hashes =
        IntStream.range(0, items.size())
            .parallel()
            .mapToLong(i -> items.content(i).hash())
            .toArray();
    ImpressionLog log = data.log();
    long value = data.cuts().hashCode();
    for (int i = 0; i < items.size(); i++) {
      value = (value ^ items.itemId(i)) * PRIME;
      value = (value ^ hashes[i]) * PRIME;
    }
    for (int page = 0; page < log.pages(); page++) {
      value = (value ^ log.pageTime[page]) * PRIME;
      value = (value ^ log.pageUser[page]) * PRIME;
    }
    for (int i = 0; i < log.samples(); i++) {
      value = (value ^ (log.sampleItem[i] * 2L + (log.clicked[i] ? 1 : 0))) * PRIME;
    }
    return new DataFingerprint(value, hashes);
  }

  @Override
  public String toString() {
    return Long.toHexString(value);
  }
}
