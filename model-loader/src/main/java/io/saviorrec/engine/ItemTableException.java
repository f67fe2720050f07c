package io.saviorrec.engine;

/// An item table that does not fit into the memory of its device: fewer slots are needed.
public final class ItemTableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ItemTableException(String message, Throwable cause) {
    super(message, cause);
  }

  ItemTableException(String message) {
    super(message);
  }

  /// A failure for a table of so many rows.
  static String message(String device, long rows, long width) {
    return "a table of %d item states × %d × 4 bytes takes %.1f GB, which does not fit into the memory of %s"
        .formatted(rows, width, rows * width * Float.BYTES / 1e9, device);
  }
}
