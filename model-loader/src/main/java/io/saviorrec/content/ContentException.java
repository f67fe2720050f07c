package io.saviorrec.content;

/// An image, text or tokenizer file that cannot be used, and why.
public final class ContentException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public ContentException(String message) {
    super(message);
  }

  public ContentException(String message, Throwable cause) {
    super(message, cause);
  }
}
