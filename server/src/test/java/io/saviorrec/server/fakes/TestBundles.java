package io.saviorrec.server.fakes;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleWriter;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.Provenance;
import io.saviorrec.content.ItemContent;
import io.saviorrec.content.TextPart;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Bundles that are complete but for their archives, which are no TorchScript.
public final class TestBundles {
  /// Items 1 … ITEMS are in every bundle's table.
  public static final int ITEMS = 40;

  public static final int HISTORY_LENGTH = 5;

  public static final Manifest.Fallback FALLBACK =
      new Manifest.Fallback(
          new Manifest.Shift(-0.5, -0.75),
          new Manifest.Shift(-0.25, -0.5),
          new Manifest.Shift(0.125, 0.25));

  /// The end of their training data, unix seconds.
  public static final long TRAINED_UNTIL = 1_700_000_000;

  private TestBundles() {}

  public static Bundle write(Path repository, String model) throws IOException {
    return write(repository, model, "the encoder");
  }

  public static Bundle write(Path repository, String model, String encoder) throws IOException {
    return write(repository, model, encoder, "the quantizer");
  }

  public static Bundle write(Path repository, String model, String encoder, String quantizer)
      throws IOException {
    try (BundleWriter writer = BundleWriter.begin(repository, model)) {
      for (String file : Bundle.FILES) {
        if (!file.equals(Bundle.ITEMS)) {
          Files.writeString(writer.path(file), "not a real " + file);
        }
      }
      Files.writeString(writer.path(Bundle.ENCODER), encoder);
      Files.writeString(writer.path(Bundle.RQ), quantizer);
      ItemTable.write(writer.path(Bundle.ITEMS), rows());
      return writer.finish(manifest(model, 1, new TreeMap<>()));
    }
  }

  private static ItemTable.Rows rows() {
    float[] z = new float[ITEMS * FakeEngine.Z_DIM];
    int[] codes = new int[ITEMS * FakeEngine.LEVELS];
    float[] stats = new float[ITEMS * 3];
    for (int i = 0; i < ITEMS; i++) {
      z[i * FakeEngine.Z_DIM] = i + 1;
      codes[i * FakeEngine.LEVELS] = (i + 1) % FakeEngine.CODES;
      stats[i * 3] = 100 * (i + 1);
    }
    long[] ids = IntStream.rangeClosed(1, ITEMS).asLongStream().toArray();
    // Row 0 is "missing".
    return new ItemTable.Rows(
        new ItemBatch(ids, stats, new long[ITEMS], z, codes),
        IntStream.rangeClosed(1, ITEMS).mapToLong(id -> content(id).hash()).toArray(),
        IntStream.rangeClosed(1, ITEMS).mapToObj(TestBundles::title).toList());
  }

  public static String title(long itemId) {
    return "item number " + itemId;
  }

  /// The content that training saw of an item.
  public static ItemContent content(long itemId) {
    return new ItemContent(itemId, title(itemId), "", "", new byte[0]);
  }

  public static FeatureSchema schema() {
    return new FeatureSchema(
        List.of(FeatureColumn.categorical("city", 10)),
        List.of(FeatureColumn.numeric("hour", List.of(6f, 12f, 18f))),
        List.of(FeatureColumn.categorical(FeatureSchema.CATEGORY, 16)),
        FeatureSchema.ITEM_STATS);
  }

  /// The manifest of a version of these bundles.
  ///
  /// @param files the checksums of its files
  public static Manifest manifest(String model, long version, SortedMap<String, String> files) {
    return new Manifest(
        Manifest.FORMAT_VERSION,
        model,
        version,
        "saviorrec",
        "2026-01-01T00:00:00Z",
        new Manifest.Dims(
            FakeEngine.Z_DIM,
            FakeEngine.LEVELS,
            FakeEngine.CODES,
            2,
            1,
            HISTORY_LENGTH,
            6,
            3,
            true),
        schema(),
        new Manifest.ImageSpec(8),
        new Manifest.TextSpec(16, TextPart.ALL),
        new Manifest.Lineage("test data", 1, TRAINED_UNTIL, "", "", null),
        new Provenance(
            List.of(),
            "",
            1,
            JsonNodeFactory.instance.objectNode(),
            new TreeMap<>(),
            new TreeMap<>()),
        new TreeMap<>(),
        FALLBACK,
        1e-5,
        files);
  }
}
