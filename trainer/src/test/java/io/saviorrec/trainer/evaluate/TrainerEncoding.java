package io.saviorrec.trainer.evaluate;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.FloatRows;
import io.saviorrec.trainer.data.log.ItemCatalogue;

/// Lets tests of other packages see what the trainer's side makes of a catalogue by a bundle.
///
/// @param z f32[N*D]
/// @param codes i32[N*L]
public record TrainerEncoding(float[] z, int[] codes, int zDim, int levels) {
  public static TrainerEncoding of(Bundle bundle, ItemCatalogue catalogue) {
    BundleItems items = BundleItems.of(bundle, catalogue);
    return new TrainerEncoding(array(items.z()), items.codes(), items.z().width(), items.levels());
  }

  private static float[] array(FloatRows rows) {
    float[] all = new float[rows.rows() * rows.width()];
    rows.copy(0, rows.rows(), all, 0);
    return all;
  }
}
