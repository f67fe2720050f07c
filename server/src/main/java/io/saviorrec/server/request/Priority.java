package io.saviorrec.server.request;

/// How much a caller wants an answer beside the other callers, the most important first.
public enum Priority {
  HIGH(0),
  NORMAL(1),
  LOW(2);

  /// How many there are.
  public static final int COUNT = 3;

  private final int rank;

  Priority(int rank) {
    this.rank = rank;
  }

  /// From 0, the most important.
  public int rank() {
    return rank;
  }
}
