package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.TasteTable;
import io.saviorrec.contract.UserTastes;
import io.saviorrec.proto.v1.GetModelRequest;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.TasteRule;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.evaluate.BundleItems;
import io.saviorrec.trainer.export.ArchiveScorer;
import io.saviorrec.trainer.ranker.ItemFeatures;
import io.saviorrec.trainer.ranker.Predictor;
import io.saviorrec.trainer.torch.ScriptModule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Trains with taste profiles, serves, refreshes the profiles and serves again; holds what is
/// served against what the trainer computes.
@Timeout(300)
class TasteIT {
  private static final float TOLERANCE = 1e-5f;
  private static final String MODEL = "taste";
  private static final long STRANGER = Long.MAX_VALUE - 5;
  private static final int PAGES = 60;

  @TempDir private static Path folder;

  private static SaviorProcess server;
  private static ManagedChannel channel;

  @BeforeAll
  static void trainAndServe() {
    CommandRun run =
        CommandRun.of(
            "train",
            Shop.data().toString(),
            repository().toString(),
            "--preset",
            "tiny",
            "--seed",
            "7",
            "--model",
            MODEL,
            "--set",
            "ranker.taste.enabled=true",
            "--set",
            "ranker.taste.halfLife=50");
    assertThat(run.errLines()).isEmpty();
    assertThat(run.status()).isZero();
    server = SaviorProcess.serve(repository(), folder.resolve("items"));
    channel = Shop.channel(server.awaitServing().grpc());
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    server.close();
  }

  private static Path repository() {
    return folder.resolve("models");
  }

  private static Bundle bundle() {
    return Bundle.open(repository().resolve(MODEL).resolve("1"));
  }

  private static ScoreResponse served(ScoreRequest request) {
    return served(channel, request);
  }

  private static ScoreResponse served(ManagedChannel connection, ScoreRequest request) {
    return ScoringGrpc.newBlockingStub(connection)
        .score(request.toBuilder().setModel(MODEL).build());
  }

  private static void requireSame(ScoreResponse response, float[] expected) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(response.getScores(i).getPctr())
          .as("item %d", response.getScores(i).getItemId())
          .isCloseTo(expected[i], within(TOLERANCE));
    }
  }

  private static ScoreRequest tasting(ScoreRequest request, float... taste) {
    ScoreRequest.Builder tasting = request.toBuilder();
    for (float value : taste) {
      tasting.getUserBuilder().addTaste(value);
    }
    return tasting.build();
  }

  /// Predictions are made by the network that was trained, of the log's own statistics and
  /// profiles; scores by the server, of the bundle's. The first day of the test is what the bundle
  /// is for.
  @Test
  void pagesOfTheFirstDayAfterTheCutScoreAsTheTrainerPredictsThem() {
    DataSet data = Shop.dataSet();
    ImpressionLog log = data.log();
    Bundle bundle = bundle();
    long from = data.cuts().testFrom();
    assertThat(from % Day.SECONDS).isZero();
    BundleItems items = BundleItems.of(bundle, data.items());
    Manifest.Taste taste = Objects.requireNonNull(bundle.manifest().taste());
    Tastes tastes = data.tastes(items.z(), new TasteRule(taste.halfLife(), taste.clickRate()));
    float[] predicted =
        new Predictor(
                ScriptModule.load(bundle.path(Bundle.RANKER)),
                bundle.manifest().dims().historyLength(),
                new ItemFeatures(
                    data.items(),
                    data.schema(),
                    items.z(),
                    items.codes(),
                    items.levels(),
                    items.codebookSize()),
                log,
                data.statistics(),
                tastes)
            .predict(from, from + Day.SECONDS);
    int first = log.pageStart[log.firstPageAt(from)];
    int compared = 0;
    try (ItemTable table = bundle.items()) {
      for (int page = log.firstPageAt(from);
          page < log.firstPageAt(from + Day.SECONDS) && compared < PAGES;
          page++) {
        ScoreRequest request = data.request(page, bundle.manifest().dims().historyLength());
        boolean known =
            request.getCandidatesList().stream().allMatch(c -> table.find(c.getItemId()) >= 0)
                && request.getUser().getHistoryList().stream().allMatch(id -> table.find(id) >= 0);
        if (known) {
          int at = log.pageStart[page] - first;
          float[] expected = new float[request.getCandidatesCount()];
          System.arraycopy(predicted, at, expected, 0, expected.length);
          requireSame(served(request), expected);
          // The same when the request brings what the bundle has.
          float[] own = new float[tastes.width()];
          tastes.at(request.getUser().getUserId(), log.pageDay[page], own, 0);
          requireSame(served(tasting(request, own)), expected);
          compared++;
        }
      }
    }
    assertThat(compared).isGreaterThan(PAGES / 4);
  }

  @Test
  void aTasteInTheRequestCountsInPlaceOfTheBundles() {
    DataSet data = Shop.dataSet();
    Bundle bundle = bundle();
    int width = bundle.manifest().tasteWidth();
    ScoreRequest page = data.request(data.log().firstPageAt(data.cuts().testFrom()), 5);
    float[] taste = new float[width];
    for (int d = 0; d < width; d++) {
      taste[d] = d % 3 - 1;
    }
    ScoreRequest own = tasting(page, taste);
    ScoreRequest zeros = tasting(page, new float[width]);
    try (ItemTable items = bundle.items();
        UserTastes tastes = UserTastes.of(bundle)) {
      ArchiveScorer trainer =
          ArchiveScorer.of(
              ScriptModule.load(bundle.path(Bundle.RANKER)), bundle.manifest(), items, tastes);
      for (ScoreRequest request : List.of(page, own, zeros, page)) {
        requireSame(served(request), trainer.score(request));
      }
    }
    assertThat(served(own).getScoresList()).isNotEqualTo(served(page).getScoresList());
    assertThat(served(own).getScoresList()).isNotEqualTo(served(zeros).getScoresList());
    assertThat(served(zeros).getScoresList()).isNotEqualTo(served(page).getScoresList());
  }

  @Test
  void aUserWhoWasNeverShownAnythingHasATasteOfZeros() {
    DataSet data = Shop.dataSet();
    ScoreRequest.Builder request =
        data.request(data.log().firstPageAt(data.cuts().testFrom()), 5).toBuilder();
    request.getUserBuilder().setUserId(STRANGER);
    ScoreRequest stranger = request.build();
    int width = bundle().manifest().tasteWidth();
    assertThat(served(stranger).getScoresList())
        .isEqualTo(served(tasting(stranger, new float[width])).getScoresList());
  }

  @Test
  void aTasteOfAnotherLengthIsRefusedByName() {
    ScoreRequest page = Shop.dataSet().request(0, 5);
    int width = bundle().manifest().tasteWidth();
    assertThat(
            ScoringGrpc.newBlockingStub(channel)
                .getModel(GetModelRequest.newBuilder().setModel(MODEL).build())
                .getTasteWidth())
        .isEqualTo(width)
        .isPositive();
    assertThatThrownBy(() -> served(tasting(page, new float[width + 1])))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage(
            "INVALID_ARGUMENT: user.taste has %d numbers; the model takes %d, or none for the bundle's",
            width + 1, width);
  }

  @Test
  void aRefreshedBundleHasTheProfilesOfTheWholeLogAndIsServed() {
    DataSet data = Shop.dataSet();
    Path models = Shop.copy(repository(), "refreshed-models");
    Path first = models.resolve(MODEL).resolve("1");
    CommandRun run = CommandRun.of("bundle", "tastes", first.toString(), Shop.data().toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    Bundle before = Bundle.open(first);
    Bundle after = Bundle.open(models.resolve(MODEL).resolve("2"));
    Manifest.Taste taste = Objects.requireNonNull(after.manifest().taste());
    assertThat(taste.parentVersion()).isEqualTo(1);
    assertThat(taste.until()).isEqualTo(data.log().pageTime[data.log().pages() - 1] + 1);
    assertThat(sameFiles(before)).isEqualTo(sameFiles(after));
    requireFresh(after, taste, data);

    try (SaviorProcess process = SaviorProcess.serve(models, folder.resolve("other-items"));
        ItemTable items = after.items();
        UserTastes tastes = UserTastes.of(after)) {
      ManagedChannel connection = Shop.channel(process.awaitServing().grpc());
      ScoreRequest page = data.request(data.log().pages() - 1, 5);
      ScoreResponse response = served(connection, page);
      assertThat(response.getVersion()).isEqualTo(2);
      requireSame(
          response,
          ArchiveScorer.of(
                  ScriptModule.load(after.path(Bundle.RANKER)), after.manifest(), items, tastes)
              .score(page));
      connection.shutdownNow();
    }

    CommandRun again =
        CommandRun.of("bundle", "tastes", after.dir().toString(), Shop.data().toString());
    assertThat(again.status()).isEqualTo(1);
    assertThat(again.errLines()).hasSize(1);
    assertThat(again.err()).contains("no impression is from").contains("or later");
  }

  private static Map<String, String> sameFiles(Bundle bundle) {
    Map<String, String> files = new TreeMap<>(bundle.manifest().files());
    files.keySet().removeAll(List.of(Bundle.TASTES, Bundle.GOLDEN));
    return files;
  }

  private static void requireFresh(Bundle after, Manifest.Taste taste, DataSet data) {
    Tastes fresh =
        data.tastes(
            BundleItems.of(after, data.items()).z(),
            new TasteRule(taste.halfLife(), taste.clickRate()));
    try (TasteTable table = Objects.requireNonNull(after.tastes())) {
      assertThat(IntStream.range(0, table.size()).mapToLong(table::userId))
          .containsExactly(boxed(fresh.users()));
      float[] actual = new float[table.width()];
      float[] expected = new float[table.width()];
      for (int row = 0; row < table.size(); row++) {
        table.copy(row, actual, 0);
        fresh.last(table.userId(row), expected);
        assertThat(actual).containsExactly(expected, within(TOLERANCE));
      }
    }
  }

  private static Long[] boxed(long[] values) {
    List<Long> boxed = new ArrayList<>();
    for (long value : values) {
      boxed.add(value);
    }
    return boxed.toArray(Long[]::new);
  }

  @Test
  void aBundleWithoutTasteProfilesHasNoneToRefresh() {
    CommandRun run =
        CommandRun.of(
            "bundle", "tastes", Shop.bundle("base").dir().toString(), Shop.data().toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines())
        .containsExactly(
            "savior: base/1 has no taste profiles; train the model with --set ranker.taste.enabled=true first");
  }
}
