package io.saviorrec.server.registry;

import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.states.ModelItems;

/// One model version that is live, with everything that scoring with it needs.
///
/// @param manifest what the bundle says of itself
/// @param engine its computations
/// @param table its mapped item table
/// @param items what it knows of items
/// @param profile encodes the user's columns
/// @param context encodes the page view's columns
/// @param metrics its meters
public record ModelHandle(
    Manifest manifest,
    ModelEngine engine,
    ItemTable table,
    ModelItems items,
    FeatureEncoder profile,
    FeatureEncoder context,
    ModelMetrics metrics)
    implements AutoCloseable {
  public String model() {
    return manifest.model();
  }

  public long version() {
    return manifest.version();
  }

  public String variant() {
    return manifest.variant();
  }

  @Override
  public String toString() {
    return model() + "/" + version();
  }

  /// Nobody may score with the model any more.
  @Override
  public void close() {
    engine.close();
    table.close();
  }
}
