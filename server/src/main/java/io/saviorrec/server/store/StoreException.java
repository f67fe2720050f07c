package io.saviorrec.server.store;

import org.jspecify.annotations.Nullable;

/// A failure of the item store.
///
/// What it says of a store that is open can be told to a caller: it names no path.
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean full;

  StoreException(String message) {
    super(message);
    this.full = false;
  }

  StoreException(String message, Throwable cause) {
    this(message, cause, false);
  }

  private StoreException(String message, @Nullable Throwable cause, boolean full) {
    super(message, cause);
    this.full = full;
  }

  /// Nothing can be stored until there is room again.
  static StoreException full(@Nullable Throwable cause) {
    return new StoreException(
        "the item store's disk is full; nothing is stored until there is room", cause, true);
  }

  /// Nothing can be stored until a shared store has memory again.
  static StoreException outOfMemory(Throwable cause) {
    return new StoreException(
        "the item store's memory is full; nothing is stored until there is room", cause, true);
  }

  /// Whether it failed for want of room.
  public boolean full() {
    return full;
  }
}
