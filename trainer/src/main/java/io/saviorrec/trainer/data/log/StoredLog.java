package io.saviorrec.trainer.data.log;

/// The impressions of a data set where they are stored, which may be more than fit into memory.
///
/// Times are unix seconds, and a period is `[from, until)`.
public interface StoredLog {
  /// The most impressions that [#sample] gives: the standard error of AUC is about a thousandth by
  /// then.
  int MOST_SAMPLED = 1 << 20;

  /// The time of the first impression.
  long firstTime();

  /// The time of the last impression.
  long lastTime();

  /// Impressions of a period.
  long impressions(long from, long until);

  /// Clicks of a period.
  long clicks(long from, long until);

  /// Impressions of a period that have a base model's prediction.
  long withBase(long from, long until);

  /// Users who were shown something in a period.
  long users(long from, long until);

  /// All page views of a period.
  ImpressionLog read(long from, long until);

  /// Page views of a period that stand for all: every one where there are at most [#MOST_SAMPLED]
  /// impressions, an even share of them otherwise; the same each time.
  ImpressionLog sample(long from, long until);
}
