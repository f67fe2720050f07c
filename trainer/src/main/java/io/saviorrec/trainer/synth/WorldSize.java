package io.saviorrec.trainer.synth;

/// How large a generated world is.
///
/// @param name what its data set is called
/// @param pagesPerDay page views of a day, [SynthPreset#PAGE_SIZE] items each
public record WorldSize(String name, int items, int users, int pagesPerDay) {

  /// Impressions of the whole log.
  public int impressions() {
    return SynthPreset.DAYS * pagesPerDay * SynthPreset.PAGE_SIZE;
  }

  /// The same world with so many items and users, and about so many impressions.
  ///
  /// @param impressions at least one page view a day
  public WorldSize resized(int newItems, int newUsers, int impressions) {
    int pages = Math.max(1, impressions / (SynthPreset.DAYS * SynthPreset.PAGE_SIZE));
    WorldSize resized = new WorldSize(name, newItems, newUsers, pages);
    return resized.equals(this)
        ? this
        : new WorldSize(
            newItems + "-" + newUsers + "-" + resized.impressions(), newItems, newUsers, pages);
  }
}
