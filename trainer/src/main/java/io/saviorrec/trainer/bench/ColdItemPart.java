package io.saviorrec.trainer.bench;

import com.google.protobuf.ByteString;
import io.saviorrec.loadtest.generator.LoadResult;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.UpsertResult;
import io.saviorrec.trainer.bench.Figure.Target;
import io.saviorrec.trainer.bench.Section.Row;
import io.saviorrec.trainer.console.Progress;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import javax.imageio.ImageIO;

/// Part 7: how long it takes from sending an item that nobody has seen until it is scored by its
/// content, while the server scores.
final class ColdItemPart {
  private static final double LOAD = .6;
  private static final int PICTURE = 320;
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final Plan plan;
  private final BenchServer server;
  private final String model;

  ColdItemPart(Plan plan, BenchServer server, String model) {
    this.plan = plan;
    this.server = server;
    this.model = model;
  }

  Section measure() {
    Shape shape = plan.main();
    ScoreRequests requests =
        new ScoreRequests(model, plan.items(), shape.candidates(), shape.history(), 67).ready();
    double capacity = LatencyPart.capacity(server, requests, plan.loadSeconds() / 2);
    Duration length = BenchServer.duration(plan.coldSeconds());
    double[] stored;
    double[] scored;
    LoadResult load;
    try (Progress progress = Progress.start("(7) cold items", 1)) {
      CompletableFuture<LoadResult> scoring =
          CompletableFuture.supplyAsync(
              () -> server.load().open(requests, LOAD * capacity, length, null, 7));
      double[][] times = send(System.nanoTime() + length.toNanos());
      load = scoring.join();
      stored = times[0];
      scored = times[1];
      progress.step(Double.NaN);
    }
    Row upsert = row("upsert answered", stored);
    Row whole = row("first score by content", scored);
    Figure p99 = whole.figures().get(1).should(Target.atMost(100));
    return new Section(
        7,
        "A cold item, from sending it to its first score",
        "Single upserts, each with a JPEG of %d × %d, one after the other at %.0f %% load (%d candidates, %d clicks; p99 of its requests %.1f ms)."
            .formatted(
                PICTURE,
                PICTURE,
                100 * LOAD,
                shape.candidates(),
                shape.history(),
                load.millis(.99)),
        List.of(
            upsert,
            new Row(
                whole.labels(), List.of(whole.figures().getFirst(), p99, whole.figures().get(2)))));
  }

  private static Row row(String until, double[] millis) {
    return new Row(
        Map.of("until", until),
        List.of(
            Figure.of("p50", "ms", percentile(millis, .5)),
            Figure.of("p99", "ms", percentile(millis, .99)),
            Figure.of("items", "count", millis.length)));
  }

  private static double percentile(double[] values, double share) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[Math.clamp((int) Math.ceil(share * sorted.length) - 1, 0, sorted.length - 1)];
  }

  /// Sends items until the time is over: milliseconds until each upsert's answer, and until each
  /// item's score.
  private double[][] send(long endNanos) {
    double[] stored = new double[10_000];
    double[] scored = new double[10_000];
    SplittableRandom random = new SplittableRandom(3);
    int count = 0;
    do {
      long id = 1_000_000_000L + count;
      Item item =
          Item.newBuilder()
              .setItemId(id)
              .setTitle("premium robot scarf " + id)
              .setImage(ByteString.copyFrom(picture(random)))
              .build();
      long start = System.nanoTime();
      UpsertResult result = server.client().upsertItems(List.of(item)).getFirst();
      stored[count] = (System.nanoTime() - start) / 1e6;
      if (!result.getError().isEmpty()) {
        throw new IllegalStateException("item " + id + " was not stored: " + result.getError());
      }
      ScoreResponse response =
          server
              .client()
              .score(
                  ScoreRequest.newBuilder()
                      .setModel(model)
                      .addCandidates(Candidate.newBuilder().setItemId(id))
                      .build());
      scored[count] = (System.nanoTime() - start) / 1e6;
      if (response.getScores(0).getSource() != ScoreSource.ENCODED) {
        throw new IllegalStateException("item " + id + " was not scored by its content");
      }
      count++;
      LockSupport.parkNanos(PAUSE.toNanos());
    } while (System.nanoTime() - endNanos < 0 && count < stored.length);
    return new double[][] {Arrays.copyOf(stored, count), Arrays.copyOf(scored, count)};
  }

  /// Shapes in front of a wall, never the same twice.
  private static byte[] picture(SplittableRandom random) {
    BufferedImage image = new BufferedImage(PICTURE, PICTURE, BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = image.createGraphics();
    for (int i = 0; i < 40; i++) {
      canvas.setColor(new Color(random.nextInt(1 << 24)));
      canvas.fillOval(
          random.nextInt(PICTURE), random.nextInt(PICTURE), random.nextInt(90), random.nextInt(90));
    }
    canvas.dispose();
    ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "jpg", jpeg);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return jpeg.toByteArray();
  }
}
