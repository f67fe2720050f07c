package io.saviorrec.trainer.data.log;

/// The page views that a ranker learns from, dealt into shards at random; each is small enough to
/// be held in memory.
///
/// Concurrency: one thread at a time.
public interface TrainingInput extends AutoCloseable {
  int shards();

  /// Impressions of all shards.
  long impressions();

  /// The page views of a shard, in the order of (time, user).
  ImpressionLog shard(int number);

  @Override
  void close();
}
