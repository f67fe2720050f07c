package io.saviorrec.engine;

/// Tables of states that do not fit into the memory of their device: fewer slots are needed.
public final class ItemTableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ItemTableException(String message, Throwable cause) {
    super(message, cause);
  }

  ItemTableException(String message) {
    super(message);
  }
}
