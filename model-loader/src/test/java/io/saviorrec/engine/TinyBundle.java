package io.saviorrec.engine;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleWriter;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.Manifest.Dims;
import io.saviorrec.bundle.Manifest.ImageSpec;
import io.saviorrec.bundle.Manifest.Lineage;
import io.saviorrec.bundle.Manifest.TextSpec;
import io.saviorrec.bundle.Provenance;
import io.saviorrec.content.TextPart;
import io.saviorrec.content.TinyTokenizer;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.Golden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// Bundles of the tiny archives, and the same arithmetic in Java.
final class TinyBundle {

  static final int IMAGE_SIZE = 2;
  static final int MAX_TOKENS = 4;
  static final int HISTORY_LENGTH = 3;
  static final Manifest.Fallback FALLBACK = Manifest.Fallback.of(-0.5, -0.25, 0.125);
  static final long[] ITEM_IDS = {11, 12, 13, 14, 15};

  private static final List<FeatureColumn> PROFILE =
      List.of(FeatureColumn.numeric("age", List.of(18f, 30f)));
  private static final List<FeatureColumn> CONTEXT =
      List.of(FeatureColumn.numeric("hour", List.of(6f, 12f, 18f)));

  private static final Path ARCHIVES = writeArchives();

  private TinyBundle() {}

  /// The file that loading `code_rq.pt` makes.
  static Path trace() {
    return ARCHIVES.resolve(TinyArchives.TRACE);
  }

  /// Writes versions of a bundle that passes its golden replay, for the tests of other modules.
  ///
  /// @param args the repository, how many versions, and how many items each of them has
  public static void main(String[] args) {
    for (int i = 0; i < Integer.parseInt(args[1]); i++) {
      write(
          Path.of(args[0]),
          GoldenReplayTest.golden(),
          Map.of(),
          PROFILE,
          CONTEXT,
          items(Integer.parseInt(args[2])));
    }
  }

  /// Writes a bundle with columns of profile and context.
  static Bundle write(Path repository, Golden golden) {
    return write(repository, golden, Map.of(), PROFILE, CONTEXT);
  }

  /// Writes a bundle, some of whose files come from other archives.
  static Bundle write(
      Path repository,
      Golden golden,
      Map<String, String> replacedArchives,
      List<FeatureColumn> profile,
      List<FeatureColumn> context) {
    return write(repository, golden, replacedArchives, profile, context, items());
  }

  /// Writes a bundle of other items, some of whose files come from other archives.
  static Bundle write(
      Path repository, Golden golden, Map<String, String> replacedArchives, ItemTable.Rows items) {
    return write(repository, golden, replacedArchives, PROFILE, CONTEXT, items);
  }

  private static Bundle write(
      Path repository,
      Golden golden,
      Map<String, String> replacedArchives,
      List<FeatureColumn> profile,
      List<FeatureColumn> context,
      ItemTable.Rows items) {
    try (BundleWriter writer = BundleWriter.begin(repository, "tiny")) {
      for (String file : List.of(Bundle.ENCODER, Bundle.RQ, Bundle.MBA, Bundle.RANKER)) {
        Files.copy(ARCHIVES.resolve(replacedArchives.getOrDefault(file, file)), writer.path(file));
      }
      Files.writeString(writer.path(Bundle.TOKENIZER), TinyTokenizer.JSON);
      Files.write(writer.path(Bundle.GOLDEN), golden.toByteArray());
      ItemTable.write(writer.path(Bundle.ITEMS), items);
      return writer.finish(
          new Manifest(
              Manifest.FORMAT_VERSION,
              "",
              0,
              "saviorrec",
              "2026-01-02T03:04:05Z",
              new Dims(
                  TinyArchives.Z_DIM,
                  TinyArchives.LEVELS,
                  TinyArchives.CODEBOOK_SIZE,
                  8,
                  2,
                  HISTORY_LENGTH,
                  TinyArchives.STATE_WIDTH,
                  TinyArchives.USER_WIDTH,
                  true),
              new FeatureSchema(
                  profile,
                  context,
                  List.of(FeatureColumn.categorical(FeatureSchema.CATEGORY, 8)),
                  FeatureSchema.ITEM_STATS),
              new ImageSpec(IMAGE_SIZE),
              new TextSpec(MAX_TOKENS, TextPart.ALL),
              new Lineage("tiny", 1, 0, "", "", null),
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
              new TreeMap<>()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ItemTable.Rows items() {
    return items(ITEM_IDS.length);
  }

  /// The first five are those of the golden requests; further ones go on with small steps, so that
  /// no score comes near 0 or 1.
  private static ItemTable.Rows items(int n) {
    int known = ITEM_IDS.length;
    float[] z = new float[n * TinyArchives.Z_DIM];
    int[] codes = new int[n * TinyArchives.LEVELS];
    float[] stats = new float[n * 3];
    for (int i = 0; i < z.length; i++) {
      z[i] =
          i % (known * TinyArchives.Z_DIM) * 0.05f
              + Math.floorDiv(i, known * TinyArchives.Z_DIM) * 0.003f;
    }
    for (int i = 0; i < codes.length; i++) {
      codes[i] = i % TinyArchives.CODEBOOK_SIZE;
    }
    for (int i = 0; i < stats.length; i++) {
      stats[i] = i % (known * 3) + Math.floorDiv(i, known * 3) * 0.01f;
    }
    return new ItemTable.Rows(
        new ItemBatch(
            LongStream.range(0, n).map(i -> ITEM_IDS[0] + i).toArray(),
            stats,
            LongStream.range(0, n).map(i -> i % known).toArray(),
            z,
            codes),
        new long[n],
        IntStream.range(0, n).mapToObj(i -> "item " + i).toList());
  }

  /// What the ranker adds up of an item: the sum of its state.
  static float itemSum(int row) {
    ItemBatch rows = items().items();
    float sum = rows.itemIds()[row] % 10 + rows.features()[row];
    for (int i = 0; i < 3; i++) {
      sum += rows.stats()[row * 3 + i];
    }
    for (int i = 0; i < TinyArchives.Z_DIM; i++) {
      sum += rows.z()[row * TinyArchives.Z_DIM + i];
    }
    for (int i = 0; i < TinyArchives.LEVELS; i++) {
      sum += rows.codes()[row * TinyArchives.LEVELS + i];
    }
    return sum;
  }

  /// The unknown item's state has zeros and, as codes, the padding.
  static final float UNKNOWN_SUM = TinyArchives.LEVELS * TinyArchives.CODEBOOK_SIZE;

  static float score(float history, float user, float candidate, float pctrBase) {
    double x = (history + user + candidate) * 0.01 + (Float.isNaN(pctrBase) ? 0.5 : pctrBase);
    return (float) (1 / (1 + Math.exp(-x)));
  }

  private static Path writeArchives() {
    try {
      Path folder = Files.createTempDirectory("tiny-archives");
      Path log = folder.resolve("log");
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-Xmx512m",
                  "-cp",
                  System.getProperty("java.class.path"),
                  TinyArchives.class.getName(),
                  folder.toString())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (!process.waitFor(3, TimeUnit.MINUTES) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IllegalStateException("No archives were written: " + Files.readString(log));
      }
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
