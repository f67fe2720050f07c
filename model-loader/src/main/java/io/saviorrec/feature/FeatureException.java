package io.saviorrec.feature;

/// A value of a request that cannot be used, with the column or the field it was meant for.
public final class FeatureException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  public FeatureException(String message) {
    super(message);
  }
}
