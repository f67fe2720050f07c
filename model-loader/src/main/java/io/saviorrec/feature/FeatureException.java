package io.saviorrec.feature;

/// A feature value that cannot be used, with the column it was meant for.
public final class FeatureException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  public FeatureException(String message) {
    super(message);
  }
}
