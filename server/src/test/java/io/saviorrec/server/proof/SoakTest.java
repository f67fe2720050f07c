package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Scores at 70 % of what the server can do while the very items that are scored are replaced, and
/// holds every score against those of a server that is left in peace.
///
/// `soak.seconds` says for how long.
@Tag("proof")
@Timeout(7200)
class SoakTest {
  private static final int SECONDS = Integer.getInteger("soak.seconds", 600);
  private static final double LOAD = 0.7;
  private static final int CAPACITY_SECONDS = 10;
  private static final int CALLERS = 8;
  private static final long UPSERT_EVERY_NANOS = Duration.ofMillis(50).toNanos();
  private static final long DEADLINE_SECONDS = 20;

  /// The item store keeps its newest writes in memory, and 20 upserts a second fill that.
  private static final double MOST_GROWTH_MB_A_MINUTE = 6;

  private static final double MOST_REFUSED = 0.01;

  @TempDir private Path folder;
  private final SoakReport report = new SoakReport();
  private final AtomicBoolean over = new AtomicBoolean();
  private ItemVersions[] versions = {};

  @Test
  void everyScoreIsThatOfAQuietServerWhileItsItemsAreReplaced() throws Exception {
    try (ServerProcess quiet =
            ServerProcess.start(ServerProcess.Plan.of(TinyShop.repository(), folder.resolve("q")));
        ServerProcess loaded =
            ServerProcess.start(
                ServerProcess.Plan.of(TinyShop.repository(), folder.resolve("l"))
                    .flags(
                        "-Xms512m",
                        "-Xmx512m",
                        "-XX:+AlwaysPreTouch",
                        "-XX:NativeMemoryTracking=summary"))) {
      SoakPages pages = SoakPages.of(quiet.channel());
      versions =
          Stream.generate(ItemVersions::new).limit(pages.hotItems()).toArray(ItemVersions[]::new);
      ManagedChannel channel = loaded.channel();
      ManagedChannel writing = loaded.channel();
      for (int hot = 0; hot < pages.hotItems(); hot++) {
        replace(writing, hot, 0);
      }
      double capacity = capacity(loaded, pages);
      ProcessFacts before = loaded.facts();
      CompletableFuture<Void> writer = inBackground(() -> replaceItems(writing, pages));
      CompletableFuture<Void> sampler = inBackground(() -> sample(loaded));
      send(channel, pages, capacity * LOAD);
      over.set(true);
      writer.get();
      sampler.get();
      ProcessFacts after = loaded.facts();
      report.write(capacity, capacity * LOAD, SECONDS, before, after);

      assertThat(report.mistakes()).isEmpty();
      assertThat(report.failures().keySet()).isSubsetOf("RESOURCE_EXHAUSTED");
      assertThat(report.failed()).isLessThanOrEqualTo((int) (MOST_REFUSED * report.answered()));
      assertThat(report.upserts()).isPositive();
      assertThat(report.growthMegabytesAMinute()).isLessThan(MOST_GROWTH_MB_A_MINUTE);
      assertThat(after.threads()).isLessThan(before.threads() + 8);
      assertThat(after.openFiles()).isLessThan(before.openFiles() + 12);
      assertThat(loaded.alive()).isTrue();
    }
  }

  private static CompletableFuture<Void> inBackground(Runnable work) {
    return CompletableFuture.runAsync(work, task -> new Thread(task).start());
  }

  /// Answers a second when a few callers ask as fast as they are answered, items being replaced
  /// already; the first half is warm-up.
  private double capacity(ServerProcess server, SoakPages pages) {
    List<CompletableFuture<Void>> callers = new ArrayList<>();
    AtomicLong answered = new AtomicLong();
    AtomicBoolean enough = new AtomicBoolean();
    for (int i = 0; i < CALLERS; i++) {
      Random random = new Random(i);
      ManagedChannel channel = server.channel();
      callers.add(
          inBackground(
              () -> {
                while (!enough.get()) {
                  ScoreResponse _ =
                      ScoringGrpc.newBlockingStub(channel)
                          .score(pages.page(random.nextInt(pages.size())));
                  answered.incrementAndGet();
                }
                channel.shutdownNow();
              }));
    }
    pause(Duration.ofSeconds(CAPACITY_SECONDS));
    long start = System.nanoTime();
    long before = answered.get();
    pause(Duration.ofSeconds(CAPACITY_SECONDS));
    double rate = (answered.get() - before) / ((System.nanoTime() - start) / 1e9);
    enough.set(true);
    callers.forEach(CompletableFuture::join);
    System.out.printf("soak: capacity %.0f answers/s%n", rate);
    return rate;
  }

  private static void pause(Duration duration) {
    boolean _ = Eventually.within(duration, () -> false);
  }

  /// At a fixed rate, however long the answers take.
  private void send(ManagedChannel channel, SoakPages pages, double rate) {
    Random random = new Random(7);
    long start = System.nanoTime();
    long calls = (long) (rate * SECONDS);
    for (long i = 0; i < calls; i++) {
      long due = start + (long) (i * 1e9 / rate);
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      int page = random.nextInt(pages.size());
      ScoringGrpc.newStub(channel)
          .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
          .score(pages.page(page), new Answer(pages, page, due));
      if (i % (long) (rate * 30) == 0) {
        System.out.println("soak: " + i + " of " + calls + " calls");
      }
    }
    assertThat(
            Eventually.within(
                Duration.ofSeconds(2 * DEADLINE_SECONDS),
                () -> report.answered() + report.failed() == calls))
        .as("every call ended")
        .isTrue();
  }

  /// Looks at one answer when it comes.
  private final class Answer implements ClientResponseObserver<ScoreRequest, ScoreResponse> {
    private final SoakPages pages;
    private final int page;
    private final long dueNanos;
    private final long sentNanos = System.nanoTime();

    Answer(SoakPages pages, int page, long dueNanos) {
      this.pages = pages;
      this.page = page;
      this.dueNanos = dueNanos;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<ScoreRequest> call) {}

    @Override
    public void onNext(ScoreResponse response) {
      long now = System.nanoTime();
      report.answered(now - dueNanos, pages.mistake(page, response, versions, sentNanos, now));
    }

    @Override
    public void onError(Throwable failure) {
      report.failed(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {}
  }

  private void replaceItems(ManagedChannel channel, SoakPages pages) {
    Random random = new Random(8);
    while (!over.get()) {
      long start = System.nanoTime();
      int hot = random.nextInt(pages.hotItems());
      int next = (versions[hot].newest() + 1 + random.nextInt(SoakPages.VERSIONS - 1));
      replace(channel, hot, next % SoakPages.VERSIONS);
      report.upserted(System.nanoTime() - start);
      LockSupport.parkNanos(UPSERT_EVERY_NANOS - (System.nanoTime() - start));
    }
  }

  private void replace(ManagedChannel channel, int hot, int version) {
    versions[hot].sending(version, System.nanoTime());
    String error =
        ItemsGrpc.newBlockingStub(channel)
            .upsertItems(
                UpsertItemsRequest.newBuilder().addItems(SoakPages.item(hot, version)).build())
            .getResults(0)
            .getError();
    if (!error.isEmpty()) {
      throw new IllegalStateException(error);
    }
    versions[hot].acknowledged(System.nanoTime());
  }

  private void sample(ServerProcess server) {
    long start = System.nanoTime();
    while (!over.get()) {
      report.sampled((System.nanoTime() - start) / 1e9, server.rssBytes());
      pause(Duration.ofSeconds(1));
    }
  }
}
