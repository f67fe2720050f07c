package io.saviorrec.server.capture;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.CapturedStage;
import io.saviorrec.server.config.CaptureConfig;
import io.saviorrec.server.metrics.Meters;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import io.saviorrec.server.request.StageTimes;
import io.saviorrec.server.scoring.RequestRecorder;
import io.saviorrec.server.scoring.ScoreAnswer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps slow scoring requests, and those that failed with INTERNAL, as files that can be replayed.
///
/// The thread that ends a request only puts it into a short queue; one thread of this class's own
/// writes. What finds the queue full, or cannot be written, is counted and let go.
public final class RequestCapture implements RequestRecorder, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RequestCapture.class);

  /// What was refused tells nothing of how fast the server is, and must not push out what does.
  private static final Set<String> SLOW = Set.of("OK", ErrorCode.DEADLINE_EXCEEDED.name());

  private static final Stage[] STAGES = Stage.values();
  private static final int QUEUE_CAPACITY = 32;
  private static final Duration LAST_WRITES = Duration.ofSeconds(2);

  private final long slowerThanNanos;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final CaptureFolder folder;
  private final BlockingQueue<CapturedRequest> waiting = new ArrayBlockingQueue<>(QUEUE_CAPACITY);
  private final Counter written;
  private final Counter dropped;
  private final Counter failed;
  private final Thread writer;
  private volatile boolean closed;

  /// Captures nothing before its thread is started.
  RequestCapture(
      Path directory,
      CaptureConfig config,
      Meters meters,
      InstantSource clock,
      LongSupplier nanoTime) {
    this.slowerThanNanos = config.slowerThan().toNanos();
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.folder = new CaptureFolder(directory, config.keepFiles(), config.keepBytes());
    this.written = counter(meters, "written");
    this.dropped = counter(meters, "dropped");
    this.failed = counter(meters, "failed");
    this.writer = Thread.ofPlatform().name("capture").daemon().unstarted(this::write);
  }

  /// Begins to capture into a folder.
  public static RequestCapture start(Path directory, CaptureConfig config, Meters meters) {
    return start(directory, config, meters, InstantSource.system(), System::nanoTime);
  }

  static RequestCapture start(
      Path directory,
      CaptureConfig config,
      Meters meters,
      InstantSource clock,
      LongSupplier nanoTime) {
    RequestCapture capture = new RequestCapture(directory, config, meters, clock, nanoTime);
    capture.writer.start();
    return capture;
  }

  private static Counter counter(Meters meters, String result) {
    return meters.counter(
        "savior.captures",
        "Slow or failed requests by what became of their capture",
        Tags.of("result", result));
  }

  @Override
  public void ended(
      DecodedRequest request,
      Model model,
      @Nullable ScoreAnswer answer,
      @Nullable Throwable failure,
      StageTimes times) {
    long nanos = nanoTime.getAsLong() - times.arrivedNanos();
    String status = status(failure);
    boolean slow = nanos > slowerThanNanos && SLOW.contains(status);
    if (!slow && !status.equals(ErrorCode.INTERNAL.name())) {
      return;
    }
    CapturedRequest.Builder captured =
        CapturedRequest.newBuilder()
            .setArrivedUs(TimeUnit.MILLISECONDS.toMicros(clock.millis()) - micros(nanos))
            .setRequest(request.toMessage())
            .setStatus(status)
            .setModel(model.model())
            .setVersion(model.version())
            .setVariant(model.variant())
            .setTotalUs(micros(nanos));
    if (answer != null) {
      captured.setResponse(answer.toMessage());
    }
    if (failure != null) {
      captured.setError(String.valueOf(cause(failure).getMessage()));
    }
    for (Stage stage : STAGES) {
      if (times.nanos(stage) > 0) {
        captured.addStages(
            CapturedStage.newBuilder()
                .setStage(stage.name().toLowerCase(Locale.ROOT))
                .setUs(micros(times.nanos(stage))));
      }
    }
    if (closed || !waiting.offer(captured.build())) {
      dropped.increment();
    }
  }

  private static String status(@Nullable Throwable failure) {
    if (failure == null) {
      return "OK";
    }
    return cause(failure) instanceof RequestException e
        ? e.code().name()
        : ErrorCode.INTERNAL.name();
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private static long micros(long nanos) {
    return TimeUnit.NANOSECONDS.toMicros(nanos);
  }

  private void write() {
    boolean broken = false;
    while (true) {
      // Closing wakes it; what still waits is written all the same.
      boolean _ = Thread.interrupted();
      CapturedRequest next;
      try {
        next = closed ? waiting.poll() : waiting.take();
      } catch (InterruptedException _) {
        // Closed: what still waits is written without waiting for more.
        continue;
      }
      if (next == null) {
        return;
      }
      try {
        folder.put(next);
        written.increment();
        broken = false;
      } catch (CaptureException | RuntimeException e) {
        failed.increment();
        if (!broken) {
          log.warn("slow requests are not captured: {}", e.getMessage());
        }
        broken = true;
      }
    }
  }

  /// Writes what still waits, for a moment at most.
  @Override
  public void close() {
    closed = true;
    writer.interrupt();
    try {
      writer.join(LAST_WRITES);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
