package io.saviorrec.server.exposures;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.saviorrec.config.ConfigException;
import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.exposure.Exposure;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.config.ExposuresConfig;
import io.saviorrec.server.metrics.Meters;
import io.saviorrec.server.request.StageTimes;
import io.saviorrec.server.routing.UnitHash;
import io.saviorrec.server.scoring.RequestRecorder;
import io.saviorrec.server.scoring.ScoreAnswer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Logs what was scored for whom, one row a request, in files that an experiment's report and the
/// trainer read.
///
/// The thread that ends a request only puts it into a queue; one thread of this class's own writes.
/// What finds the queue full, or cannot be written, is counted and let go: no request waits for it.
public final class ExposureLog implements RequestRecorder, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ExposureLog.class);

  /// How often the thread looks whether a file is old, or the log closed, while nothing comes. It
  /// is never interrupted: that would close its file.
  private static final Duration LONGEST_TICK = Duration.ofMillis(100);

  private static final Duration LAST_WRITES = Duration.ofSeconds(10);
  private static final long SAMPLE = UnitHash.seed("exposures");

  private final double sampleRatio;
  private final Function<DecodedRequest, String> splitFlag;
  private final InstantSource clock;
  private final ExposureFolder folder;
  private final BlockingQueue<Exposure> waiting;
  private final long tickNanos;
  private final Counter written;
  private final Counter dropped;
  private final Counter failed;
  private final Thread writer;
  private volatile boolean closed;

  /// Writes nothing before its thread is started.
  ///
  /// @param splitFlag the value of the flag that a request is split by; empty for none
  ExposureLog(
      Path directory,
      ExposuresConfig config,
      Function<DecodedRequest, String> splitFlag,
      Meters meters,
      InstantSource clock)
      throws IOException {
    this.sampleRatio = config.sampleRatio();
    this.splitFlag = splitFlag;
    this.clock = clock;
    this.folder = ExposureFolder.open(directory, config, clock, System::nanoTime);
    this.waiting = new ArrayBlockingQueue<>(config.queueCapacity());
    this.tickNanos =
        Math.min(LONGEST_TICK.toNanos(), Math.max(1, config.rotateInterval().toNanos() / 8));
    this.written = counter(meters, "written");
    this.dropped = counter(meters, "dropped");
    this.failed = counter(meters, "failed");
    this.writer = Thread.ofPlatform().name("exposures").daemon().unstarted(this::write);
  }

  /// Begins to log into a folder.
  ///
  /// @param splitFlag the value of the flag that a request is split by; empty for none
  /// @throws ConfigException when the folder cannot be used
  public static ExposureLog start(
      Path directory,
      ExposuresConfig config,
      Function<DecodedRequest, String> splitFlag,
      Meters meters) {
    try {
      ExposureLog exposures =
          new ExposureLog(directory, config, splitFlag, meters, InstantSource.system());
      exposures.start();
      return exposures;
    } catch (IOException e) {
      throw new ConfigException(List.of("exposures.directory: " + e.getMessage()));
    }
  }

  void start() {
    writer.start();
  }

  private static Counter counter(Meters meters, String result) {
    return meters.counter(
        "savior.exposures",
        "Answered scoring requests by what became of their row in the exposure log",
        Tags.of("result", result));
  }

  @Override
  public void ended(
      DecodedRequest request,
      Model model,
      @Nullable ScoreAnswer answer,
      @Nullable Throwable failure,
      StageTimes times) {
    if (answer == null) {
      return;
    }
    String flag = splitFlag.apply(request);
    long unit = UnitHash.of(flag, request.userId(), request.requestId());
    if (UnitHash.uniform(unit, SAMPLE) >= sampleRatio) {
      return;
    }
    if (closed || !waiting.offer(exposure(request, answer, flag, clock.millis()))) {
      dropped.increment();
    }
  }

  /// Holds on to what the request and its answer have in arrays, and not to the message.
  private static Exposure exposure(
      DecodedRequest request, ScoreAnswer answer, String flag, long timeMillis) {
    return new Exposure(
        request.requestId(),
        timeMillis,
        request.userId(),
        flag,
        answer.bucket(),
        answer.model(),
        answer.version(),
        answer.variant(),
        answer.label(),
        answer.degraded() == Degradation.DEGRADATION_UNSPECIFIED ? "" : answer.degraded().name(),
        answer.items(),
        answer.pctr(),
        sources(answer.sources()),
        pctrBase(request, answer),
        values(request.context()),
        values(request.profile()));
  }

  /// Of the candidates that were answered, in the answer's order.
  private static float[] pctrBase(DecodedRequest request, ScoreAnswer answer) {
    if (answer.ranked() == null) {
      return request.pctrBase();
    }
    float[] bases = new float[answer.items().length];
    for (int i = 0; i < bases.length; i++) {
      bases[i] = request.pctrBase()[answer.place(i)];
    }
    return bases;
  }

  private static String[] sources(byte[] numbers) {
    String[] names = new String[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      ScoreSource source = ScoreSource.forNumber(numbers[i]);
      names[i] = source == null ? "" : source.name();
    }
    return names;
  }

  private static Map<String, Object> values(Map<String, FeatureValue> features) {
    Map<String, Object> values = new HashMap<>();
    features.forEach(
        (name, value) -> {
          switch (value.getKindCase()) {
            case TEXT -> values.put(name, value.getText());
            case NUMBER -> values.put(name, value.getNumber());
            case KIND_NOT_SET -> {}
          }
        });
    return values;
  }

  private void write() {
    boolean broken = false;
    while (true) {
      // Asked before the queue is: what came before the end is written.
      boolean ending = closed;
      Exposure next = next();
      boolean over = next == null && ending;
      try {
        if (next != null) {
          folder.put(next);
          broken = false;
        } else if (over) {
          folder.finish();
        } else {
          folder.rotateWhenOld();
        }
      } catch (IOException | RuntimeException e) {
        if (!broken) {
          log.warn("exposures are not logged: {}", ExposureFolder.reason(e));
        }
        broken = true;
      }
      written.increment((double) folder.takeFinished());
      failed.increment((double) folder.takeLost());
      if (over) {
        folder.close();
        return;
      }
    }
  }

  private @Nullable Exposure next() {
    try {
      return waiting.poll(tickNanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    }
  }

  /// Writes what still waits and finishes the file, for a moment at most.
  @Override
  public void close() {
    closed = true;
    try {
      writer.join(LAST_WRITES);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
