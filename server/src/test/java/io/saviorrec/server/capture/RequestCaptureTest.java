package io.saviorrec.server.capture;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.contract.RequestNotes;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.config.CaptureConfig;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import io.saviorrec.server.request.StageTimes;
import io.saviorrec.server.scoring.RequestRecorder;
import io.saviorrec.server.scoring.ScoreAnswer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

@Timeout(60)
class RequestCaptureTest {
  private static final RequestRecorder.Model MODEL = new RequestRecorder.Model("base", 3, "base");
  private static final ScoreAnswer ANSWER =
      new ScoreAnswer(
          "slow",
          "base",
          3,
          "base",
          "",
          "",
          null,
          true,
          new long[] {7},
          null,
          new float[] {0.5f},
          new byte[] {ScoreSource.TRAINED_VALUE},
          1,
          new ScoreAnswer.Micros(1, 2, 3, 7),
          Degradation.SHORT_HISTORY,
          RequestNotes.NONE);

  @TempDir private Path parent;
  private final ServerMetrics metrics = new ServerMetrics();
  private final AtomicLong nanos = new AtomicLong();
  private final AtomicLong millis =
      new AtomicLong(Instant.parse("2026-01-02T03:04:05Z").toEpochMilli());

  @AfterEach
  void close() {
    metrics.close();
  }

  private Path directory() {
    return parent.resolve("slow");
  }

  private RequestCapture start(int keepFiles, long keepBytes) {
    return RequestCapture.start(
        directory(), config(keepFiles, keepBytes), metrics.group(), this::now, nanos::get);
  }

  private static CaptureConfig config(int keepFiles, long keepBytes) {
    return new CaptureConfig("slow", Duration.ofMillis(200), keepFiles, keepBytes);
  }

  private Instant now() {
    return Instant.ofEpochMilli(millis.get());
  }

  private void end(
      RequestCapture capture, String id, long tookMillis, @Nullable Throwable failure) {
    StageTimes times = new StageTimes(nanos.get());
    times.add(Stage.QUEUE, TimeUnit.MILLISECONDS.toNanos(tookMillis - 1));
    times.add(Stage.COMPUTE, TimeUnit.MILLISECONDS.toNanos(1));
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(tookMillis));
    millis.addAndGet(tookMillis);
    capture.ended(
        RequestDecoder.decode(
            ScoreRequest.newBuilder().setRequestId(id).addCandidateIds(7).build()),
        MODEL,
        failure == null ? ANSWER : null,
        failure,
        times);
  }

  private List<CapturedRequest> captured() throws IOException {
    try (Stream<Path> files = Files.list(directory())) {
      return files.sorted().map(RequestCaptureTest::read).toList();
    }
  }

  private static CapturedRequest read(Path file) {
    try {
      return CapturedRequest.parseFrom(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new AssertionError(file.toString(), e);
    }
  }

  private double count(String result) {
    String line = "savior_captures_total{result=\"" + result + "\"} ";
    return metrics
        .scrape()
        .lines()
        .filter(each -> each.startsWith(line))
        .mapToDouble(each -> Double.parseDouble(each.substring(line.length())))
        .findFirst()
        .orElse(Double.NaN);
  }

  @Test
  void slowRequestsAreKeptWithTheirAnswersAndStages() throws IOException {
    try (RequestCapture capture = start(10, 1 << 20)) {
      end(capture, "slow", 250, null);
      end(capture, "quick", 199, null);
    }

    CapturedRequest slow = captured().getFirst();
    assertThat(captured()).hasSize(1);
    assertThat(slow.getRequest().getRequestId()).isEqualTo("slow");
    assertThat(slow.getRequest().getCandidateIdsList()).containsExactly(7L);
    assertThat(slow.getResponse()).isEqualTo(ANSWER.toMessage());
    assertThat(slow.getStatus()).isEqualTo("OK");
    assertThat(slow.getModel()).isEqualTo("base");
    assertThat(slow.getVersion()).isEqualTo(3);
    assertThat(slow.getTotalUs()).isEqualTo(250_000);
    assertThat(Instant.ofEpochMilli(slow.getArrivedUs() / 1000)).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(slow.getStagesList().stream().map(stage -> stage.getStage() + " " + stage.getUs()))
        .containsExactly("queue 249000", "compute 1000");
    assertThat(count("written")).isEqualTo(1);
  }

  @Test
  void requestsThatFailWithInternalAreKeptHoweverQuick() throws IOException {
    try (RequestCapture capture = start(10, 1 << 20)) {
      end(capture, "broken", 2, new CompletionException(new IllegalStateException("no memory")));
      end(capture, "wrong", 2, RequestException.invalid("no candidates"));
      end(
          capture,
          "late",
          300,
          new RequestException(ErrorCode.DEADLINE_EXCEEDED, "the deadline passed"));
    }

    assertThat(captured().stream().map(each -> each.getStatus() + ": " + each.getError()))
        .containsExactly("INTERNAL: no memory", "DEADLINE_EXCEEDED: the deadline passed");
    assertThat(captured().getFirst().hasResponse()).isFalse();
  }

  @Test
  void slowRefusalsPushOutNothingThatWasAnswered() throws IOException {
    try (RequestCapture capture = start(1, 1 << 20)) {
      end(capture, "slow", 250, null);
      end(capture, "wrong", 900, RequestException.invalid("no candidates"));
      end(
          capture,
          "refused",
          900,
          new RequestException(ErrorCode.RESOURCE_EXHAUSTED, "the queue is full"));
    }

    assertThat(captured().stream().map(each -> each.getRequest().getRequestId()))
        .containsExactly("slow");
  }

  @Test
  void aFolderThatWasRemovedIsMadeAgain() throws IOException {
    try (RequestCapture capture = start(5, 1 << 20)) {
      end(capture, "before", 250, null);
    }
    try (RequestCapture capture = start(5, 1 << 20)) {
      end(capture, "first", 250, null);
      while (count("written") < 2) {
        assertThat(Thread.interrupted()).as("the test's time is over").isFalse();
      }
      for (Path file : files()) {
        Files.delete(file);
      }
      Files.delete(directory());
      end(capture, "lost", 250, null);
      while (count("failed") < 1) {
        assertThat(Thread.interrupted()).as("the test's time is over").isFalse();
      }
      end(capture, "after", 250, null);
    }

    assertThat(captured().stream().map(each -> each.getRequest().getRequestId()))
        .containsExactly("after");
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(directory())) {
      return files.toList();
    }
  }

  @Test
  void theOldestMakeRoomAlsoForThoseOfAnEarlierStart() throws IOException {
    try (RequestCapture capture = start(3, 1 << 20)) {
      for (int i = 0; i < 5; i++) {
        end(capture, "first " + i, 300, null);
      }
    }
    try (RequestCapture capture = start(3, 1 << 20)) {
      end(capture, "second", 300, null);
    }

    assertThat(captured().stream().map(each -> each.getRequest().getRequestId()))
        .containsExactly("first 3", "first 4", "second");
    long two = 2L * captured().getFirst().getSerializedSize() + 10;
    try (RequestCapture capture = start(3, Math.max(1024, two))) {
      end(capture, "x".repeat(900), 300, null);
      end(capture, "y".repeat(2000), 300, null);
    }
    assertThat(captured()).hasSize(1);
    assertThat(count("failed")).isEqualTo(1);
  }

  @Test
  void onlyTheOwnerMayReadThem() throws IOException {
    try (RequestCapture capture = start(3, 1 << 20)) {
      end(capture, "slow", 300, null);
    }

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory())))
        .isEqualTo("rwx------");
    try (Stream<Path> files = Files.list(directory())) {
      assertThat(files)
          .singleElement()
          .extracting(RequestCaptureTest::permissions)
          .isEqualTo("rw-------");
    }
  }

  private static String permissions(Path file) {
    try {
      return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aFolderThatCannotBeWrittenToCostsCapturesAndOneLine() throws IOException {
    Files.writeString(directory(), "a file in the way");
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    Logger logger = (Logger) LoggerFactory.getLogger(RequestCapture.class);
    logger.addAppender(log);
    log.start();
    try (RequestCapture capture = start(3, 1 << 20)) {
      for (int i = 0; i < 5; i++) {
        end(capture, "slow", 300, null);
      }
    }

    logger.detachAppender(log);
    assertThat(log.list.stream().map(ILoggingEvent::getFormattedMessage))
        .containsExactly(
            "slow requests are not captured: cannot write to capture.directory "
                + directory()
                + ": it is a file and no folder");
    assertThat(count("failed")).isEqualTo(5);
    assertThat(count("written")).isZero();
    assertThat(Files.readString(directory())).isEqualTo("a file in the way");
  }

  @Test
  void aFullQueueDropsAndNeverWaits() {
    RequestCapture capture =
        new RequestCapture(directory(), config(3, 1 << 20), metrics.group(), this::now, nanos::get);
    for (int i = 0; i < 40; i++) {
      end(capture, "slow", 300, null);
    }

    assertThat(count("dropped")).isEqualTo(8);
  }
}
