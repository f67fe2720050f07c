package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.TrainingInput;

/// A log that is in memory as training input.
record OneShard(ImpressionLog log) implements TrainingInput {
  @Override
  public int shards() {
    return 1;
  }

  @Override
  public long impressions() {
    return log.samples();
  }

  @Override
  public ImpressionLog shard(int number) {
    return log;
  }

  @Override
  public void close() {}
}
