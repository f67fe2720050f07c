package io.saviorrec.engine;

/// How large a model's tables of states are.
record TableSizes(long items, long itemWidth, long users, long userWidth) {

  /// Fails when the tables take more than this.
  void requireFit(long memoryBytes) {
    if (bytes() > memoryBytes) {
      throw new ItemTableException(tooLarge("cpu"));
    }
  }

  /// At most: states in bf16 take half of it.
  private long bytes() {
    return Float.BYTES * (items * itemWidth + users * userWidth);
  }

  /// A failure for want of memory.
  String tooLarge(String device) {
    return "tables of %d item states × %d and %d user states × %d × 4 bytes take %.1f GB, which does not fit into the memory of %s"
        .formatted(items, itemWidth, users, userWidth, bytes() / 1e9, device);
  }
}
