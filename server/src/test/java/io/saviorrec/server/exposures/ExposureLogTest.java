package io.saviorrec.server.exposures;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.contract.RequestNotes;
import io.saviorrec.exposure.Exposure;
import io.saviorrec.exposure.ExposureFiles;
import io.saviorrec.exposure.ExposureReader;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.config.ExposuresConfig;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.request.StageTimes;
import io.saviorrec.server.scoring.RequestRecorder;
import io.saviorrec.server.scoring.ScoreAnswer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ExposureLogTest {
  private static final RequestRecorder.Model MODEL = new RequestRecorder.Model("m", 1, "base");
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(1234));

  @TempDir private Path directory;
  private final ServerMetrics metrics = new ServerMetrics();

  @AfterEach
  void close() {
    metrics.close();
  }

  @Test
  void whatFindsTheQueueFullIsCountedAndNobodyWaits() throws IOException {
    ExposureLog log = log(1, 3);
    for (int i = 0; i < 5; i++) {
      end(log, i, answer());
    }
    assertThat(counted("dropped")).isEqualTo(2);
    log.start();
    log.close();

    assertThat(rows()).extracting(Exposure::userId).containsExactly(0L, 1L, 2L);
    assertThat(rows()).allMatch(row -> row.timeMillis() == 1234);
    assertThat(counted("written")).isEqualTo(3);
    end(log, 6, answer());
    assertThat(counted("dropped")).isEqualTo(3);
  }

  @Test
  void whatFailedIsNoExposure() throws IOException {
    ExposureLog log = log(1, 3);
    log.start();
    end(log, 1, null);
    log.close();

    assertThat(rows()).isEmpty();
  }

  @Test
  void theLikeliestKeepTheirOwnBaseScores() throws IOException {
    ExposureLog log = log(1, 3);
    log.start();
    DecodedRequest request =
        RequestDecoder.decode(
            ScoreRequest.newBuilder()
                .setRequestId("r")
                .addAllCandidateIds(List.of(7L, 8L, 9L))
                .addAllCandidatePctrBase(List.of(0.1f, 0.2f, 0.3f))
                .setTopK(2)
                .build());
    ScoreAnswer answer =
        new ScoreAnswer(
            "r",
            "m",
            1,
            "base",
            "b",
            "",
            new int[] {2, 0},
            true,
            new long[] {9, 7},
            null,
            new float[] {0.9f, 0.7f},
            new byte[] {ScoreSource.TRAINED_VALUE, ScoreSource.TRAINED_VALUE},
            0,
            new ScoreAnswer.Micros(0, 0, 0, 0),
            Degradation.DEGRADATION_UNSPECIFIED,
            RequestNotes.NONE);
    log.ended(request, MODEL, answer, null, new StageTimes(0));
    log.close();

    assertThat(rows().getFirst().pctrBase()).containsExactly(0.3f, 0.1f);
  }

  @Test
  void aSampleHoldsAllRequestsOfSomeUsers() throws IOException {
    ExposureLog log = log(0.3, 10_000);
    for (int i = 0; i < 3; i++) {
      for (int user = 1; user <= 1000; user++) {
        end(log, user, answer());
      }
    }
    log.start();
    log.close();

    List<Exposure> rows = rows();
    Set<Long> users = new HashSet<>();
    rows.forEach(row -> users.add(row.userId()));
    assertThat(users.size()).isBetween(220, 380);
    assertThat(rows).hasSize(3 * users.size());
  }

  private ExposureLog log(double ratio, int queue) throws IOException {
    return new ExposureLog(
        directory,
        new ExposuresConfig("x", ratio, queue, 1 << 20, Duration.ofHours(1), 100, 1 << 30),
        request -> "",
        metrics.group(),
        CLOCK);
  }

  private static void end(ExposureLog log, long user, @Nullable ScoreAnswer answer) {
    DecodedRequest request =
        RequestDecoder.decode(
            ScoreRequest.newBuilder()
                .setRequestId("r" + user)
                .setUser(User.newBuilder().setUserId(user))
                .addCandidateIds(1)
                .build());
    log.ended(
        request,
        MODEL,
        answer,
        answer == null ? new IllegalStateException("no") : null,
        new StageTimes(0));
  }

  private static ScoreAnswer answer() {
    return new ScoreAnswer(
        "r",
        "m",
        1,
        "base",
        "b",
        "",
        null,
        true,
        new long[] {1},
        null,
        new float[] {0.5f},
        new byte[] {ScoreSource.TRAINED_VALUE},
        0,
        new ScoreAnswer.Micros(0, 0, 0, 0),
        Degradation.DEGRADATION_UNSPECIFIED,
        RequestNotes.NONE);
  }

  private double counted(String result) {
    return metrics
        .scrape()
        .lines()
        .filter(line -> line.startsWith("savior_exposures_total{result=\"" + result + "\"}"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .findFirst()
        .orElseThrow();
  }

  private List<Exposure> rows() throws IOException {
    List<Exposure> rows = new ArrayList<>();
    for (Path file : ExposureFiles.of(directory)) {
      ExposureReader.read(file, rows::add);
    }
    return rows;
  }
}
