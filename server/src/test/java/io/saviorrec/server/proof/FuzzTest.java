package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Sends spoilt requests to a server with a heap of 512 MB: messages, compressed ones, raw frames
/// and bytes, and HTTP.
///
/// `fuzz.cases` says how many, `fuzz.seed` which: case number i of a seed is always the same bytes.
@Timeout(1800)
class FuzzTest {
  private static final int CASES = Integer.getInteger("fuzz.cases", 2000);
  private static final long SEED = Long.getLong("fuzz.seed", 20_260_101L);
  private static final int THREADS = 6;
  private static final int PROGRESS_EVERY = 10_000;

  /// What a run may leave behind; caches and pools that fill up once are full after the warm-up.
  private static final long HEAP_BAND = 48L << 20;

  private static final long DIRECT_BAND = 64L << 20;
  private static final long RSS_BAND = 200L << 20;
  private static final int THREAD_BAND = 8;
  private static final int FILE_BAND = 12;

  /// The client's own complaints about the ends of cancelled calls.
  private static final Logger CLIENT = Logger.getLogger("io.grpc");

  @TempDir private Path folder;
  private final Map<String, AtomicInteger> tally = new ConcurrentSkipListMap<>();
  private final Map<String, String> undocumented = new ConcurrentSkipListMap<>();

  @Test
  void spoiltRequestsGetDocumentedAnswersAndLeaveNothingBehind() throws Exception {
    CLIENT.setLevel(Level.SEVERE);
    ServerProcess.Plan plan =
        ServerProcess.Plan.of(TinyShop.repository(), folder)
            .flags(
                // All of the heap from the start, so that what the process grows by is not heap.
                "-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch", "-XX:NativeMemoryTracking=summary");
    try (ServerProcess server = ServerProcess.start(plan)) {
      Map<ScoreRequest, List<Score>> right = scores(server);
      int warmUp = Math.max(500, CASES / 10);
      run(server, -warmUp, 0);
      ProcessFacts before = settled(server, null);
      long start = System.nanoTime();
      run(server, 0, CASES);
      double seconds = (System.nanoTime() - start) / 1e9;
      ProcessFacts after = settled(server, before);
      report(seconds, before, after, server.outputLines());

      assertThat(server.alive()).as("alive, having said %s", tail(server)).isTrue();
      assertThat(undocumented).as("undocumented answers, with seed %d", SEED).isEmpty();
      assertThat(scores(server)).isEqualTo(right);
      assertWithin(before, after);
      assertThat(server.outputLines()).as("lines of the log").isLessThan(1000 + CASES / 50);
    }
  }

  /// Case numbers from `from` to `to`.
  private void run(ServerProcess server, int from, int to) throws Exception {
    AtomicInteger next = new AtomicInteger(from);
    List<CompletableFuture<Void>> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      threads.add(
          CompletableFuture.runAsync(
              () -> sendCases(server, next, to), task -> new Thread(task).start()));
    }
    for (CompletableFuture<Void> thread : threads) {
      try {
        thread.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException(
            "seed " + SEED + ", server alive: " + server.alive() + ": " + tail(server), e);
      }
    }
  }

  private void sendCases(ServerProcess server, AtomicInteger next, int to) {
    try (MessageFuzz messages = new MessageFuzz(server.grpcPort())) {
      for (int number = next.getAndIncrement(); number < to; number = next.getAndIncrement()) {
        Random random = new Random(SEED + number * 0x9E3779B97F4A7C15L);
        MessageFuzz.Answer answer = send(server, messages, random);
        count(answer, number);
        if (number > 0 && number % PROGRESS_EVERY == 0) {
          System.out.println("fuzz: " + number + " of " + CASES);
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static MessageFuzz.Answer send(ServerProcess server, MessageFuzz messages, Random random)
      throws IOException {
    int kind = random.nextInt(100);
    if (kind < 80) {
      return messages.spoilt(random);
    }
    if (kind < 90) {
      return messages.compressed(random);
    }
    return kind < 97
        ? FrameFuzz.attack(server.grpcPort(), random)
        : AdminFuzz.attack(server.adminPort(), random);
  }

  private void count(MessageFuzz.Answer answer, int number) {
    String what = answer.method() + " → " + answer.status();
    tally.computeIfAbsent(what, _ -> new AtomicInteger()).incrementAndGet();
    if (!answer.documented()) {
      undocumented.putIfAbsent(what, "for instance case " + number + ": " + answer.detail());
    }
  }

  private static Map<ScoreRequest, List<Score>> scores(ServerProcess server) {
    ManagedChannel channel = server.channel();
    try {
      Map<ScoreRequest, List<Score>> scores = new HashMap<>();
      Random random = new Random(SEED);
      for (int i = 0; i < 20; i++) {
        ScoreRequest page = TinyShop.page(random, 50);
        scores.put(
            page,
            ScoringGrpc.newBlockingStub(channel)
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .score(page)
                .getScoresList());
      }
      return scores;
    } finally {
      channel.shutdownNow();
    }
  }

  /// What it holds once the connections of the run are gone.
  private static ProcessFacts settled(ServerProcess server, @Nullable ProcessFacts band) {
    ProcessFacts[] facts = {server.facts()};
    boolean _ =
        Eventually.within(
            Duration.ofSeconds(20),
            () -> {
              ProcessFacts last = facts[0];
              facts[0] = server.facts();
              return band == null
                  ? facts[0].openFiles() == last.openFiles()
                  : facts[0].openFiles() <= band.openFiles() + FILE_BAND
                      && facts[0].heapBytes() <= band.heapBytes() + HEAP_BAND;
            });
    return facts[0];
  }

  private static void assertWithin(ProcessFacts before, ProcessFacts after) {
    assertThat(after.heapBytes()).as("heap").isLessThan(before.heapBytes() + HEAP_BAND);
    assertThat(after.directBytes()).as("direct").isLessThan(before.directBytes() + DIRECT_BAND);
    assertThat(after.rssBytes()).as("RSS").isLessThan(before.rssBytes() + RSS_BAND);
    assertThat(after.threads()).as("threads").isLessThan(before.threads() + THREAD_BAND);
    assertThat(after.openFiles()).as("open files").isLessThan(before.openFiles() + FILE_BAND);
  }

  private void report(double seconds, ProcessFacts before, ProcessFacts after, long lines) {
    SortedMap<String, AtomicInteger> sorted = new TreeMap<>(tally);
    StringBuilder text = new StringBuilder();
    text.append("fuzz: %d cases of seed %d in %.0f s%n".formatted(CASES, SEED, seconds));
    sorted.forEach((what, count) -> text.append("%8d %s%n".formatted(count.get(), what)));
    text.append("before: %s%nafter: %s%nlines of the log: %d%n".formatted(before, after, lines));
    System.out.print(text);
  }

  private static String tail(ServerProcess server) {
    String output = server.output();
    return output.substring(Math.max(0, output.length() - 2000));
  }
}
