package io.saviorrec.trainer.tables;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.TensorSource;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.evaluate.PvBuckets;
import io.saviorrec.trainer.evaluate.RankingMetrics;
import io.saviorrec.trainer.evaluate.Split;
import io.saviorrec.trainer.metric.Auc;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// The impressions that all cells of an experiment are measured on.
///
/// @param clicked whether each was clicked
/// @param users of each
/// @param bucketOf the bucket of each by the page views of its item
/// @param buckets by place
@SuppressWarnings("ArrayRecordComponent") // plain columns, never compared
public record Period(boolean[] clicked, long[] users, int[] bucketOf, List<Bucket> buckets) {
  private static final String FILE = "period.safetensors";
  private static final String BUCKETS = "period.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  public Period {
    buckets = List.copyOf(buckets);
  }

  /// Items with a certain number of page views before the period.
  ///
  /// @param items shown at any time that are so
  public record Bucket(String name, long items, long samples, long clicks) {}

  /// The test period of a data set.
  public static Period of(DataSet data, PvBuckets buckets) {
    long from = Split.TEST.from(data.cuts());
    long until = Split.TEST.until(data.cuts());
    ImpressionLog log = data.stored().sample(from, until);
    boolean[] clicked = RankingMetrics.labels(log, from, until);
    long[] shownBefore = data.pageViewsBefore(from);
    List<String> names = buckets.names();
    long[][] counts = new long[names.size()][3];
    for (int item = 0; item < shownBefore.length; item++) {
      if (data.items().firstImpression(item) < Long.MAX_VALUE) {
        counts[buckets.of(shownBefore[item])][0]++;
      }
    }
    int[] bucketOf = new int[clicked.length];
    for (int i = 0; i < bucketOf.length; i++) {
      bucketOf[i] = buckets.of(shownBefore[log.sampleItem[i]]);
      counts[bucketOf[i]][1]++;
      counts[bucketOf[i]][2] += clicked[i] ? 1 : 0;
    }
    List<Bucket> rows = new ArrayList<>();
    for (int b = 0; b < counts.length; b++) {
      rows.add(new Bucket(names.get(b), counts[b][0], counts[b][1], counts[b][2]));
    }
    return new Period(clicked, RankingMetrics.users(log, from, until), bucketOf, rows);
  }

  public int samples() {
    return clicked.length;
  }

  /// A figure of scores and labels of a period.
  @FunctionalInterface
  public interface Figure {
    double of(float[] scores, boolean[] labels);
  }

  /// A figure on the impressions of one bucket.
  public double in(int bucket, float[] scores, Figure figure) {
    int[] rows = IntStream.range(0, samples()).filter(i -> bucketOf[i] == bucket).toArray();
    float[] some = new float[rows.length];
    boolean[] labels = new boolean[rows.length];
    for (int i = 0; i < rows.length; i++) {
      some[i] = scores[rows[i]];
      labels[i] = clicked[rows[i]];
    }
    return figure.of(some, labels);
  }

  /// The AUC of scores in each bucket, by the scores' names.
  public Map<String, double[]> aucByBucket(Map<String, float[]> scores) {
    Map<String, double[]> auc = new LinkedHashMap<>();
    scores.forEach(
        (name, each) ->
            auc.put(
                name,
                IntStream.range(0, buckets.size())
                    .mapToDouble(bucket -> in(bucket, each, Auc::of))
                    .toArray()));
    return auc;
  }

  /// Writes it into an experiment's folder.
  void write(Path out) {
    byte[] clicks = new byte[clicked.length];
    for (int i = 0; i < clicks.length; i++) {
      clicks[i] = (byte) (clicked[i] ? 1 : 0);
    }
    try {
      Files.createDirectories(out);
      Safetensors.write(
          out.resolve(FILE),
          Map.of(
              "clicked", TensorSource.of(clicks, clicks.length),
              "users", TensorSource.of(users, users.length),
              "bucket", TensorSource.of(bucketOf, bucketOf.length)));
      JSON.writerWithDefaultPrettyPrinter().writeValue(out.resolve(BUCKETS).toFile(), buckets);
    } catch (IOException e) {
      throw DiskFault.writing(out.resolve(FILE), e);
    }
  }

  /// Reads what [#write] left.
  public static Period read(Path out) {
    try (Safetensors file = Safetensors.open(out.resolve(FILE))) {
      byte[] clicks =
          file.require("clicked", Safetensors.DType.U8, 1).data().toArray(ValueLayout.JAVA_BYTE);
      boolean[] clicked = new boolean[clicks.length];
      for (int i = 0; i < clicks.length; i++) {
        clicked[i] = clicks[i] != 0;
      }
      return new Period(
          clicked,
          file.require("users", Safetensors.DType.I64, 1)
              .data()
              .toArray(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN)),
          file.require("bucket", Safetensors.DType.I32, 1)
              .data()
              .toArray(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN)),
          List.of(JSON.readValue(out.resolve(BUCKETS).toFile(), Bucket[].class)));
    } catch (IOException e) {
      throw DiskFault.reading(out.resolve(BUCKETS), e);
    }
  }
}
