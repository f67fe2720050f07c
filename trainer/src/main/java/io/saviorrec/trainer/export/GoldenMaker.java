package io.saviorrec.trainer.export;

import io.saviorrec.bundle.FloatRows;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Golden;
import io.saviorrec.proto.v1.GoldenItem;
import io.saviorrec.proto.v1.GoldenScore;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Picks requests and items whose results a server must reproduce before it serves a bundle.
final class GoldenMaker {
  private static final int REQUESTS = 32;
  private static final int ITEMS = 8;
  private static final int CANDIDATES = 20;
  private static final long SEED = 17;

  /// Of so many requests, one has candidates that the table lacks.
  private static final int UNKNOWN_EVERY = 4;

  /// Of so many requests, one brings a taste profile.
  private static final int OWN_TASTE_EVERY = 4;

  /// No item of the table, wherever its ids are.
  private static final long FIRST_UNKNOWN = Long.MIN_VALUE + 1;

  private final DataSet data;
  private final ImpressionLog log;
  private final ItemTable table;
  private final ArchiveScorer scorer;
  private final int historyLength;
  private final int tasteWidth;

  /// @param log the page views that requests are made of
  /// @param tasteWidth numbers of a user's taste profile; 0: the model takes none
  GoldenMaker(
      DataSet data,
      ImpressionLog log,
      ItemTable table,
      ArchiveScorer scorer,
      int historyLength,
      int tasteWidth) {
    this.tasteWidth = tasteWidth;
    this.historyLength = historyLength;
    this.data = data;
    this.log = log;
    this.table = table;
    this.scorer = scorer;
  }

  Golden make(FloatRows z, int[] codes) {
    Golden.Builder golden = Golden.newBuilder();
    Random random = new Random(SEED);
    for (int i = 0; i < REQUESTS; i++) {
      golden.addScores(score(random, i));
    }
    int[] rows =
        random.ints(0, table.size()).distinct().limit(Math.min(ITEMS, table.size())).toArray();
    for (int row : rows) {
      golden.addItems(item(data.items().indexOf(table.itemId(row)), z, codes));
    }
    return golden.build();
  }

  /// A logged page view with more candidates of the table. The first has no history, the second an
  /// unknown user, and where taste profiles count some bring their own.
  private GoldenScore score(Random random, int number) {
    ScoreRequest page = data.request(log, random.nextInt(log.pages()), historyLength);
    ScoreRequest.Builder request = page.toBuilder().clearCandidates();
    if (number == 0) {
      request.getUserBuilder().clearHistory();
    } else if (number == 1) {
      request.getUserBuilder().setUserId(Long.MAX_VALUE - 1);
    }
    for (int d = 0; number % OWN_TASTE_EVERY == OWN_TASTE_EVERY - 1 && d < tasteWidth; d++) {
      request.getUserBuilder().addTaste((float) random.nextGaussian());
    }
    request.getUserBuilder().clearHistory();
    if (number != 0) {
      page.getUser().getHistoryList().stream()
          .filter(id -> table.find(id) >= 0)
          .forEach(id -> request.getUserBuilder().addHistory(id));
    }
    page.getCandidatesList().stream()
        .filter(candidate -> table.find(candidate.getItemId()) >= 0)
        .limit(CANDIDATES / 2)
        .forEach(request::addCandidates);
    while (request.getCandidatesCount() < CANDIDATES) {
      Candidate.Builder candidate =
          Candidate.newBuilder().setItemId(table.itemId(random.nextInt(table.size())));
      if (random.nextInt(4) > 0) {
        candidate.setPctrBase(random.nextDouble());
      }
      request.addCandidates(candidate);
    }
    if (number % UNKNOWN_EVERY == 0) {
      addUnknown(request, random);
    }
    GoldenScore.Builder score = GoldenScore.newBuilder().setRequest(request);
    for (float pctr : scorer.score(request.build())) {
      score.addPctr(pctr);
    }
    return score.build();
  }

  /// A candidate for each step of the fallback, with statistics and without, and a known one with
  /// statistics of its own.
  private void addUnknown(ScoreRequest.Builder request, Random random) {
    int[] codes = new int[table.levels()];
    for (int i = 0; i < 2; i++) {
      int row = random.nextInt(table.size());
      table.codes(row, codes, 0);
      String category = data.items().category(data.items().indexOf(table.itemId(row)));
      Map<String, Float> stats =
          i == 0 ? Map.of() : Map.of(FeatureSchema.PV, 100f, FeatureSchema.CLICKS, 20f);
      for (Candidate candidate :
          List.of(
              Candidate.getDefaultInstance(),
              Candidate.newBuilder().setCategory(category).build(),
              Candidate.newBuilder().addAllCodes(Arrays.stream(codes).boxed().toList()).build())) {
        request.addCandidates(
            candidate.toBuilder()
                .setItemId(unknownId(request.getCandidatesCount()))
                .setPctrBase(random.nextDouble())
                .putAllStats(stats));
      }
    }
    request.addCandidates(
        Candidate.newBuilder()
            .setItemId(table.itemId(random.nextInt(table.size())))
            .putStats(FeatureSchema.PV, 50));
  }

  private long unknownId(int number) {
    long id = FIRST_UNKNOWN + number;
    while (table.find(id) >= 0) {
      id += CANDIDATES * 2;
    }
    return id;
  }

  private GoldenItem item(int index, FloatRows z, int[] codes) {
    ItemCatalogue items = data.items();
    int levels = table.levels();
    GoldenItem.Builder golden = GoldenItem.newBuilder().setItem(items.content(index).message());
    float[] ofItem = new float[table.zDim()];
    z.copy(index, ofItem, 0);
    for (float value : ofItem) {
      golden.addZ(value);
    }
    Arrays.stream(codes, index * levels, (index + 1) * levels).forEach(golden::addCodes);
    return golden.build();
  }
}
