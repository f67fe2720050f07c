package io.saviorrec.bundle;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.saviorrec.bundle.Manifest.Dims;
import io.saviorrec.bundle.Manifest.ImageSpec;
import io.saviorrec.bundle.Manifest.Lineage;
import io.saviorrec.bundle.Manifest.TextSpec;
import io.saviorrec.content.TextPart;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A bundle whose archives are placeholders, for tests of the files around them.
final class BundleFixture {

  private BundleFixture() {}

  static Manifest manifest() {
    return new Manifest(
        Manifest.FORMAT_VERSION,
        "",
        0,
        "saviorrec",
        "2026-01-02T03:04:05Z",
        new Dims(2, 1, 16, 4, 2, 30, 8, 3, true),
        new FeatureSchema(
            List.of(FeatureColumn.categorical("city", 10)),
            List.of(FeatureColumn.numeric("hour", List.of(6f, 12.5f))),
            List.of(FeatureColumn.categorical(FeatureSchema.CATEGORY, 4)),
            FeatureSchema.ITEM_STATS),
        new ImageSpec(64),
        new TextSpec(16, TextPart.ALL),
        new Lineage("synthetic", 1, 1_700_000_000, "aa", "bb", null),
        new Provenance(
            List.of("train", "data"),
            "da7a",
            1,
            JsonNodeFactory.instance.objectNode().put("zDim", 2),
            new TreeMap<>(Map.of("encoder", "e0")),
            new TreeMap<>(Map.of("java", "25"))),
        new TreeMap<>(Map.of("auc", 0.75)),
        Manifest.Fallback.NONE,
        1e-5,
        new TreeMap<>());
  }

  static void writeFiles(BundleWriter writer) throws IOException {
    for (String file :
        List.of(Bundle.ENCODER, Bundle.RQ, Bundle.MBA, Bundle.RANKER, Bundle.TOKENIZER)) {
      Files.writeString(writer.path(file), "content of " + file);
    }
    ItemTable.write(
        writer.path(Bundle.ITEMS),
        new ItemTable.Rows(
            new ItemBatch(new long[] {5, 9}, new float[6], new long[2], new float[4], new int[2]),
            new long[2],
            List.of("five", "nine")));
    Files.write(writer.path(Bundle.GOLDEN), Golden.getDefaultInstance().toByteArray());
  }

  static Path write(Path repository, String model) throws IOException {
    try (BundleWriter writer = BundleWriter.begin(repository, model)) {
      writeFiles(writer);
      return writer.finish(manifest()).dir();
    }
  }
}
