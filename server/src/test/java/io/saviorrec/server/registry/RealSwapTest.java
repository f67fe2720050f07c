package io.saviorrec.server.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.content.ImageLimits;
import io.saviorrec.contract.Precision;
import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.contract.UserTastes;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.engine.BundleEngine;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.fakes.ForwardingEngine;
import io.saviorrec.server.fakes.Lanes;
import io.saviorrec.server.fakes.TestHealth;
import io.saviorrec.server.fakes.TinyRepository;
import io.saviorrec.server.metrics.RequestMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.scoring.RequestRecorder;
import io.saviorrec.server.scoring.ScoreAnswer;
import io.saviorrec.server.scoring.Scorer;
import io.saviorrec.server.states.ModelStates;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.SentItems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Swaps models that libtorch runs.
@Timeout(300)
class RealSwapTest {
  private static final int WARM_UP_SWAPS = 60;
  private static final int SWAPS = 120;

  /// Rows of the item table, so many that one table which is not given back stands out from what
  /// the process takes and gives back besides.
  private static final int SLOTS = 300_000;

  private static final ModelStates.Capacity CAPACITY = new ModelStates.Capacity(SLOTS, 8, 2, 100);

  /// Seven floats a row.
  private static final long TABLE_BYTES = SLOTS * 7L * Float.BYTES;

  private final AtomicInteger openEngines = new AtomicInteger();

  @TempDir private Path repository;
  private final ServerMetrics metrics = new ServerMetrics();
  private final SentItems sent = new SentItems(new InMemoryItemStore(), 100);

  @Test
  void swapsUnderLoadFailNoRequestAndGiveTheNativeMemoryBack() throws Exception {
    TinyRepository.write(repository, 2, 5);
    Registry registry = new Registry(snapshot(1));
    Lanes.Scoring scoring = Lanes.scoring(1, 64);
    Lane lane = scoring.lane();
    Scorer scorer =
        new Scorer(
            registry,
            lane,
            scoring.overload(),
            TestConfigs.small(Map.of()).scoring(),
            12,
            new RequestMetrics(metrics.group()),
            TestHealth.model(),
            RequestRecorder.NONE);
    AtomicBoolean swapping = new AtomicBoolean(true);
    AtomicLong answered = new AtomicLong();
    CompletableFuture<Void> caller =
        CompletableFuture.runAsync(
            () -> {
              while (swapping.get()) {
                requireScores(scorer);
                answered.incrementAndGet();
              }
            },
            task -> new Thread(task).start());
    swap(registry, WARM_UP_SWAPS, caller, answered);
    long before = addressSpaceBytes();
    swap(registry, SWAPS, caller, answered);
    long grown = addressSpaceBytes() - before;
    swapping.set(false);
    caller.get(60, TimeUnit.SECONDS);
    lane.drain(TimeUnit.SECONDS.toNanos(10));
    assertThat(openEngines).hasValue(1);
    registry.close();
    assertThat(openEngines).hasValue(0);

    assertThat(grown)
        .as("bytes that %d swaps and %d answers left", SWAPS, answered.get())
        .isLessThan(SWAPS * TABLE_BYTES / 4);
  }

  /// A real engine, counted while it is open.
  private final class Counted extends ForwardingEngine {
    Counted(ModelEngine engine) {
      super(engine);
      openEngines.incrementAndGet();
    }

    @Override
    public void close() {
      super.close();
      openEngines.decrementAndGet();
    }
  }

  private void swap(
      Registry registry, int swaps, CompletableFuture<?> caller, AtomicLong answered) {
    for (int i = 0; i < swaps; i++) {
      LiveModel previous = registry.current().find("tiny", 0);
      // The other of the two versions.
      registry.swap(snapshot(3 - previous.version()));
      long before = answered.get();
      while (answered.get() < before + 2 && !caller.isDone()) {
        Thread.onSpinWait();
      }
      assertThat(caller).isNotDone();
      assertThat(previous.open()).isFalse();
    }
  }

  private LiveModels snapshot(long version) {
    Bundle bundle = Bundle.open(repository.resolve("tiny").resolve(Long.toString(version)));
    LiveModel model =
        new LiveModel(
            bundle.manifest(),
            bundle.watch(),
            new Counted(BundleEngine.load(bundle, "cpu", CAPACITY.slots(), Precision.FP32)),
            bundle.items(),
            UserTastes.of(bundle),
            sent,
            metrics.group(),
            ImageLimits.DEFAULT,
            CAPACITY);
    return new LiveModels(List.of(model), Map.of(), TestConfigs.defaultRouting());
  }

  private static void requireScores(Scorer scorer) {
    ScoreAnswer answer =
        scorer
            .score(
                RequestDecoder.decode(
                    ScoreRequest.newBuilder()
                        .addCandidates(Candidate.newBuilder().setItemId(11))
                        .addCandidates(Candidate.newBuilder().setItemId(12))
                        .build()),
                Call.UNBOUNDED)
            .join();
    assertThat(answer.sources()[1]).isEqualTo((byte) ScoreSource.TRAINED_VALUE);
  }

  /// Of the address space the Java heap has its share from the start, however full it is; and a
  /// table that nobody has written to yet counts in it.
  private static long addressSpaceBytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmSize:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .findFirst()
        .orElseThrow();
  }
}
