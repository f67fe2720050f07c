package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.grpc.ManagedChannel;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.export.ArchiveScorer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Trains the baselines that need the history's items when they score, serves them in another JVM,
/// and holds the served scores against the trainer's own.
@Timeout(300)
class BaselinesIT {
  static final List<String> BASELINES = List.of("simtier", "mim", "chime", "bbqrec");

  /// SimTier once more, with scores that were calibrated.
  private static final String CALIBRATED = "calibrated";

  private static final float TOLERANCE = 1e-5f;
  private static final int PAGES = 20;

  @TempDir private static Path folder;

  private static SaviorProcess server;
  private static ManagedChannel channel;

  @BeforeAll
  static void trainAndServe() throws IOException {
    Path repository = Shop.train(folder.resolve("models"), BASELINES);
    CommandRun run =
        CommandRun.of(
            "train",
            Shop.data().toString(),
            repository.toString(),
            "--preset",
            "tiny",
            "--variant",
            "simtier",
            "--model",
            CALIBRATED,
            "--seed",
            "7",
            "--set",
            "ranker.calibration=platt");
    assertThat(run.errLines()).isEmpty();
    assertThat(run.status()).isZero();
    Path config =
        Files.writeString(folder.resolve("server.yaml"), "routing: {defaultModel: simtier}\n");
    server =
        SaviorProcess.serve(repository, folder.resolve("items"), "--config", config.toString());
    channel = Shop.channel(server.awaitServing().grpc());
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    server.close();
  }

  @ParameterizedTest
  @FieldSource("BASELINES")
  void isServedAsTheTrainerComputesIt(String model) {
    DataSet data = Shop.dataSet();
    int firstPage = data.log().firstPageAt(data.cuts().testFrom());
    Bundle bundle = bundle(model);
    assertThat(bundle.manifest().variant()).isEqualTo(model);
    try (ItemTable items = bundle.items()) {
      ArchiveScorer trainer = Shop.scorer(bundle, items);
      Random random = new Random(1);
      for (int i = 0; i < PAGES; i++) {
        ScoreRequest request =
            data.request(random.nextInt(firstPage, data.log().pages()), 50).toBuilder()
                .setModel(model)
                .build();
        requireSame(trainer, request);
        ScoreRequest.Builder stranger = request.toBuilder();
        stranger.getUserBuilder().clearHistory();
        requireSame(trainer, stranger.build());
        // The state of this history is computed from the one before.
        ScoreRequest.Builder grown = request.toBuilder();
        grown.getUserBuilder().addHistory(items.itemId(random.nextInt(items.size())));
        assertThat(requireSame(trainer, grown.build())).isNotEqualTo(requireSame(trainer, request));
      }
    }
  }

  @Test
  void aCalibrationReachesTheServedScoresAndMovesNoneAheadOfAnother() {
    DataSet data = Shop.dataSet();
    Bundle bundle = bundle(CALIBRATED);
    assertThat(bundle.manifest().metrics())
        .containsKeys("validation_calibrated_pcoc", "validation_calibrated_logloss");
    try (ItemTable items = bundle.items();
        ItemTable same = bundle("simtier").items()) {
      ArchiveScorer calibrated = Shop.scorer(bundle, items);
      ArchiveScorer raw = Shop.scorer(bundle("simtier"), same);
      ScoreRequest.Builder request =
          data.request(data.log().pages() - 1, 50).toBuilder().clearCandidates();
      for (int row = 0; row < items.size(); row += 10) {
        request.addCandidates(
            Candidate.newBuilder().setItemId(items.itemId(row)).setPctrBase(0.01 + 0.001 * row));
      }
      List<Float> after = requireSame(calibrated, request.setModel(CALIBRATED).build());
      List<Float> before = requireSame(raw, request.setModel("simtier").build());
      assertThat(after).isNotEqualTo(before);
      assertThat(order(after)).isEqualTo(order(before));
    }
  }

  private static List<Integer> order(List<Float> scores) {
    return IntStream.range(0, scores.size())
        .boxed()
        .sorted(Comparator.comparing(scores::get))
        .toList();
  }

  private static Bundle bundle(String model) {
    return Bundle.open(folder.resolve("models").resolve(model).resolve("1"));
  }

  /// The scores, which are the trainer's too.
  private static List<Float> requireSame(ArchiveScorer trainer, ScoreRequest request) {
    ScoreResponse response = ScoringGrpc.newBlockingStub(channel).score(request);
    float[] expected = trainer.score(request);
    List<Float> scores = response.getScoresList().stream().map(Score::getPctr).toList();
    assertThat(scores).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(scores.get(i)).as("candidate %d", i).isCloseTo(expected[i], within(TOLERANCE));
    }
    return scores;
  }
}
