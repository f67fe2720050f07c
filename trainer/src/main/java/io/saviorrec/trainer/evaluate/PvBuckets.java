package io.saviorrec.trainer.evaluate;

import io.saviorrec.trainer.console.UserError;
import java.util.ArrayList;
import java.util.List;

/// Groups of items by their historical page views, like the paper's Table 1.
public final class PvBuckets {
  public static final String DEFAULT = "0,10,30,80,200,600";

  private final long[] starts;

  private PvBuckets(long[] starts) {
    this.starts = starts;
  }

  /// Reads the first page view count of each bucket, ascending from 0.
  public static PvBuckets parse(String text) {
    String[] parts = text.split(",", -1);
    long[] starts = new long[parts.length];
    try {
      for (int i = 0; i < parts.length; i++) {
        starts[i] = Long.parseLong(parts[i].strip());
      }
    } catch (NumberFormatException e) {
      throw new UserError("--buckets must be whole numbers with commas between, was " + text, e);
    }
    for (int i = 0; i < starts.length; i++) {
      if (i == 0 ? starts[0] != 0 : starts[i] <= starts[i - 1]) {
        throw new UserError("--buckets must start at 0 and ascend, was " + text);
      }
    }
    return new PvBuckets(starts);
  }

  /// The bucket of an item with so many page views.
  public int of(long pageViews) {
    int bucket = starts.length - 1;
    while (starts[bucket] > pageViews) {
      bucket--;
    }
    return bucket;
  }

  /// What each bucket is called, by its place.
  public List<String> names() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < starts.length; i++) {
      names.add(i + 1 == starts.length ? starts[i] + "+" : starts[i] + "-" + (starts[i + 1] - 1));
    }
    return names;
  }
}
