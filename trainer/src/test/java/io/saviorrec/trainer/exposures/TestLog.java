package io.saviorrec.trainer.exposures;

import io.saviorrec.exposure.Exposure;
import io.saviorrec.exposure.ExposureFiles;
import io.saviorrec.exposure.ExposureWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// An exposure log and its clicks as tests write them.
public final class TestLog {
  private final Path folder;
  private final List<Exposure> rows = new ArrayList<>();
  private final List<String> clicks = new ArrayList<>(List.of("request_id,item_id"));

  public TestLog(Path folder) {
    this.folder = folder;
  }

  /// One row; its candidates score in falling order.
  public static Exposure row(
      String requestId, long timeMillis, long user, String bucket, long... items) {
    float[] pctr = new float[items.length];
    float[] base = new float[items.length];
    String[] sources = new String[items.length];
    for (int i = 0; i < items.length; i++) {
      pctr[i] = 0.9f - 0.01f * i;
      base[i] = i == 0 ? Float.NaN : 0.25f;
      sources[i] = "TRAINED";
    }
    return new Exposure(
        requestId,
        timeMillis,
        user,
        "",
        bucket,
        "m",
        1,
        "base",
        "",
        "",
        items,
        pctr,
        sources,
        base,
        Map.of("hour", 9.0, "device", "phone"),
        Map.of("age", 30.0 + user));
  }

  /// The same row with another context and profile.
  static Exposure with(Exposure row, Map<String, Object> context, Map<String, Object> profile) {
    return new Exposure(
        row.requestId(),
        row.timeMillis(),
        row.userId(),
        row.unit(),
        row.bucket(),
        row.model(),
        row.version(),
        row.variant(),
        row.label(),
        row.degraded(),
        row.items(),
        row.pctr(),
        row.sources(),
        row.pctrBase(),
        context,
        profile);
  }

  public TestLog add(Exposure row, long... clicked) {
    rows.add(row);
    Arrays.stream(clicked).forEach(item -> clicks.add(row.requestId() + "," + item));
    return this;
  }

  /// Writes both and names them.
  public ShownLog write() throws IOException {
    return write(ShownLog.Window.ALL);
  }

  public ShownLog write(ShownLog.Window window) throws IOException {
    return write("1", window);
  }

  /// Writes both, the log as a file of another time.
  ///
  /// @param time as the file's name has it
  public ShownLog write(String time, ShownLog.Window window) throws IOException {
    Files.createDirectories(exposures());
    try (ExposureWriter writer =
        ExposureWriter.create(exposures().resolve(ExposureFiles.name(time)))) {
      for (Exposure row : rows) {
        writer.write(row);
      }
    }
    Files.write(clicks(), clicks);
    return new ShownLog(List.of(exposures()), clicks(), window);
  }

  public Path exposures() {
    return folder.resolve("exposures");
  }

  public Path clicks() {
    return folder.resolve("clicks.csv");
  }
}
