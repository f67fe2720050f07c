package io.saviorrec.engine;

import io.saviorrec.contract.Precision;
import java.util.regex.Pattern;

/// Where and how a model runs, and how many items and users it holds.
///
/// @param device `cpu`, or `gpu:N` for GPU number N, from 0
/// @param itemCapacity slots of the ranker's item table,
///   [io.saviorrec.contract.RankerContract#UNKNOWN_SLOT] included
/// @param userCapacity slots of its user table, [io.saviorrec.contract.RankerContract#NO_USER]
///   included
/// @param precision the type that scores are computed in
public record EngineConfig(String device, int itemCapacity, int userCapacity, Precision precision) {

  private static final Pattern DEVICE = Pattern.compile("cpu|gpu:[0-9]{1,2}");

  public EngineConfig {
    if (!isDevice(device)) {
      throw new IllegalArgumentException(
          "device must be 'cpu' or 'gpu:N', was '%s'".formatted(device));
    }
    if (itemCapacity < 2) {
      throw new IllegalArgumentException("itemCapacity must be at least 2, was " + itemCapacity);
    }
    if (userCapacity < 2) {
      throw new IllegalArgumentException("userCapacity must be at least 2, was " + userCapacity);
    }
  }

  /// Whether this is how a device is written; there may be none of that number.
  public static boolean isDevice(String device) {
    return DEVICE.matcher(device).matches();
  }
}
