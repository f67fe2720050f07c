package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.content.ItemContent;
import io.saviorrec.feature.ItemColumns;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.Golden;
import io.saviorrec.proto.v1.GoldenScore;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.evaluate.TrainerEncoding;
import io.saviorrec.trainer.export.ArchiveScorer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Trains in this JVM, serves in another, and holds the served scores against the trainer's own.
@Timeout(300)
class TrainServeIT {
  static final List<String> MODELS = Shop.MODELS;

  private static final float TOLERANCE = 1e-5f;
  private static final int PAGES = 40;

  /// More clicks than the models look at.
  private static final int LONG_HISTORY = 500;

  @TempDir private Path folder;

  @Test
  void isReadyOnceItSaysThatItServes() throws Exception {
    URI ready = URI.create("http://localhost:" + Shop.ports().http() + "/readyz");
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          http.send(HttpRequest.newBuilder(ready).build(), HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("ready\n");
    }
  }

  @ParameterizedTest
  @FieldSource("MODELS")
  void goldenRequestsScoreAsTheTrainerWroteThem(String model) throws IOException {
    Golden golden = Golden.parseFrom(Files.readAllBytes(Shop.bundle(model).path(Bundle.GOLDEN)));
    assertThat(golden.getScoresCount()).isGreaterThan(10);
    Set<ScoreSource> sources = EnumSet.noneOf(ScoreSource.class);
    for (GoldenScore score : golden.getScoresList()) {
      ScoreResponse response = score(model, score.getRequest());
      assertSame(response, score.getPctrList());
      response.getScoresList().forEach(each -> sources.add(each.getSource()));
    }
    assertThat(sources)
        .containsExactlyInAnyOrder(
            ScoreSource.TRAINED,
            ScoreSource.SHARED_CODES,
            ScoreSource.SHARED_CATEGORY,
            ScoreSource.UNKNOWN_ITEM);
  }

  @ParameterizedTest
  @FieldSource("MODELS")
  void pageViewsOfTheTestPeriodScoreAsTheTrainerComputesThem(String model) {
    DataSet data = Shop.dataSet();
    int firstPage = data.log().firstPageAt(data.cuts().testFrom());
    Bundle bundle = Shop.bundle(model);
    int unknownCandidates = 0;
    int unknownHistory = 0;
    int longHistories = 0;
    try (ItemTable items = bundle.items()) {
      ArchiveScorer trainer = Shop.scorer(bundle, items);
      Random random = new Random(1);
      for (int i = 0; i < PAGES; i++) {
        int page = random.nextInt(firstPage, data.log().pages());
        ScoreRequest request = data.request(page, LONG_HISTORY);
        ScoreResponse response = score(model, request);
        assertSame(response, floats(trainer.score(request)));
        for (Score score : response.getScoresList()) {
          boolean known = items.find(score.getItemId()) >= 0;
          unknownCandidates += known ? 0 : 1;
          assertThat(score.getSource())
              .isEqualTo(known ? ScoreSource.TRAINED : ScoreSource.UNKNOWN_ITEM);
        }
        unknownHistory += response.getUnknownHistoryItems();
        longHistories +=
            request.getUser().getHistoryCount() > bundle.manifest().dims().historyLength() ? 1 : 0;
      }
    }
    // Else the pages would not have tried what they are there for.
    assertThat(unknownCandidates).isPositive();
    assertThat(unknownHistory).isPositive();
    assertThat(longHistories).isPositive();
  }

  @Test
  void anItemThatTrainingNeverSawIsEncodedAndScoredAsTheTrainerDoes() {
    DataSet data = Shop.dataSet();
    Bundle bundle = Shop.bundle("saviorrec");
    TrainerEncoding encoding = TrainerEncoding.of(bundle, data.items());
    try (ItemTable known = bundle.items()) {
      List<Integer> fresh = new ArrayList<>();
      for (int item = 0; item < data.items().size(); item++) {
        if (known.find(data.items().itemId(item)) < 0) {
          fresh.add(item);
        }
      }
      assertThat(fresh).hasSizeGreaterThan(3);
      // Under ids of their own, so that other tests still find the page views' items unknown.
      long firstId = known.itemId(known.size() - 1) + 1000;
      UpsertItemsRequest.Builder upsert = UpsertItemsRequest.newBuilder();
      for (int i = 0; i < fresh.size(); i++) {
        upsert.addItems(message(data.items(), fresh.get(i), firstId + i));
      }
      ItemsGrpc.ItemsBlockingStub stub = ItemsGrpc.newBlockingStub(Shop.channel());
      assertThat(stub.upsertItems(upsert.build()).getResultsList())
          .hasSameSizeAs(fresh)
          .allMatch(result -> result.getError().isEmpty() && !result.getUnchanged());

      assertCodes(stub, encoding, fresh, firstId);
      Path table = folder.resolve("items.safetensors");
      ItemTable.write(table, withFresh(known, data, encoding, fresh, firstId));
      try (ItemTable all = ItemTable.open(table)) {
        ScoreRequest request = freshRequest(data, known, firstId, fresh.size());
        ScoreResponse response = score("saviorrec", request);
        assertThat(response.getScoresList()).allMatch(s -> s.getSource() == ScoreSource.ENCODED);
        assertThat(response.getUnknownHistoryItems()).isZero();
        assertSame(response, floats(Shop.expected(bundle, all, request)));
        assertThat(response.getScoresList().stream().map(Score::getPctr).distinct())
            .hasSizeGreaterThan(1);
      }
    }
  }

  private static void assertCodes(
      ItemsGrpc.ItemsBlockingStub stub, TrainerEncoding encoding, List<Integer> fresh, long id) {
    GetItemsRequest.Builder ask = GetItemsRequest.newBuilder().setModel("saviorrec");
    for (int i = 0; i < fresh.size(); i++) {
      ask.addItemIds(id + i);
    }
    List<ItemInfo> infos = stub.getItems(ask.build()).getItemsList();
    for (int i = 0; i < fresh.size(); i++) {
      int at = fresh.get(i) * encoding.levels();
      assertThat(infos.get(i).getSource()).isEqualTo(ScoreSource.ENCODED);
      assertThat(infos.get(i).getCodesList())
          .containsExactlyElementsOf(
              Arrays.stream(encoding.codes(), at, at + encoding.levels()).boxed().toList());
    }
  }

  @Test
  void theSameSeedMakesTheSameModel() throws IOException {
    Path again = Shop.train(folder.resolve("models"), List.of("saviorrec")).resolve("saviorrec/1");
    Bundle first = Shop.bundle("saviorrec");
    Bundle second = Bundle.open(again);
    // z, codes and statistics; the scores of the golden requests come from every weight.
    for (String file : List.of(Bundle.ITEMS, Bundle.GOLDEN, Bundle.TOKENIZER)) {
      assertThat(second.path(file)).hasSameBinaryContentAs(first.path(file));
    }
    assertThat(second.manifest().metrics())
        .containsEntry("validation_auc", first.manifest().metrics().get("validation_auc"))
        .containsEntry("validation_logloss", first.manifest().metrics().get("validation_logloss"));
  }

  private static Item message(ItemCatalogue items, int index, long id) {
    ItemContent content = items.content(index);
    return Item.newBuilder()
        .setItemId(id)
        .setTitle(content.title())
        .setCategory(content.category())
        .setText(content.text())
        .setImage(ByteString.copyFrom(content.image()))
        .build();
  }

  /// All fresh items as candidates of a user who clicked one of them last.
  private static ScoreRequest freshRequest(DataSet data, ItemTable known, long firstId, int count) {
    ScoreRequest.Builder request =
        data.request(data.log().pages() - 1, 5).toBuilder().clearCandidates();
    request.getUserBuilder().clearHistory().addHistory(known.itemId(0)).addHistory(firstId);
    for (int i = 0; i < count; i++) {
      Candidate.Builder candidate = Candidate.newBuilder().setItemId(firstId + i);
      request.addCandidates(i % 3 == 0 ? candidate : candidate.setPctrBase(0.1 + 0.002 * i));
    }
    return request.build();
  }

  /// The bundle's item table with the fresh items, which nobody has statistics of.
  private static ItemTable.Rows withFresh(
      ItemTable known, DataSet data, TrainerEncoding encoding, List<Integer> fresh, long firstId) {
    ItemColumns columns = new ItemColumns(data.schema().item());
    int size = known.size() + fresh.size();
    int d = known.zDim();
    int levels = known.levels();
    long[] ids = new long[size];
    float[] z = new float[size * d];
    int[] codes = new int[size * levels];
    float[] stats = new float[size * known.statCount()];
    long[] features = new long[size * known.featureCount()];
    List<String> titles = new ArrayList<>();
    for (int row = 0; row < size; row++) {
      int i = row - known.size();
      if (i < 0) {
        ids[row] = known.itemId(row);
        known.z(row, z, row * d);
        known.codes(row, codes, row * levels);
        known.stats(row, stats, row * known.statCount());
        known.features(row, features, row * known.featureCount());
      } else {
        ids[row] = firstId + i;
        System.arraycopy(
            data.items().columns(fresh.get(i), columns),
            0,
            features,
            row * columns.width(),
            columns.width());
        System.arraycopy(encoding.z(), fresh.get(i) * d, z, row * d, d);
        System.arraycopy(encoding.codes(), fresh.get(i) * levels, codes, row * levels, levels);
      }
      titles.add("");
    }
    return new ItemTable.Rows(
        new ItemBatch(ids, stats, features, z, codes), new long[size], titles);
  }

  private static ScoreResponse score(String model, ScoreRequest request) {
    return ScoringGrpc.newBlockingStub(Shop.channel())
        .score(request.toBuilder().setModel(model).build());
  }

  private static void assertSame(ScoreResponse response, List<Float> expected) {
    assertThat(response.getScoresCount()).isEqualTo(expected.size());
    for (int i = 0; i < expected.size(); i++) {
      assertThat(response.getScores(i).getPctr())
          .as("item %d", response.getScores(i).getItemId())
          .isCloseTo(expected.get(i), within(TOLERANCE));
    }
  }

  private static List<Float> floats(float[] values) {
    List<Float> list = new ArrayList<>();
    for (float value : values) {
      list.add(value);
    }
    return list;
  }
}
