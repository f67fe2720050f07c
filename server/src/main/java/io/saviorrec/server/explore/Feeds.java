package io.saviorrec.server.explore;

import io.saviorrec.explorer.ExplorerFile;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.ModelHandle;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.routing.Route;
import io.saviorrec.server.scoring.AsideScoring;
import io.saviorrec.server.scoring.ScoreAnswer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Feeds of users as the models rank them, one beside another, and why.
final class Feeds {
  /// In place of a model: what stands in the data set's log.
  static final String PCTR_BASE = "pctr_base";

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(8);

  /// The clicks that are named beside a feed.
  private static final int SHOWN_CLICKS = 24;

  /// The latest clicked items that are left out one by one.
  private static final int MOST_LEFT_OUT = 50;

  /// The reasons that are named of a candidate.
  private static final int REASONS = 3;

  /// Changes of pCTR below it are no reason: a page would show them as nothing.
  private static final float LEAST_REASON = 5e-5f;

  /// A candidate at its place.
  ///
  /// @param rank from 1
  /// @param otherPctr by what the feed is held against; null: it has none
  /// @param otherRank its place there; null: none
  /// @param moved how many places higher it is than there, among those that have both; null: none
  /// @param source where its representation came from
  /// @param clicked whether the log says that the user clicked it
  /// @param added whether it was put into the feed, and not shown then
  record Ranked(
      ShownItems.Card item,
      int rank,
      float pctr,
      @Nullable Float otherPctr,
      @Nullable Integer otherRank,
      @Nullable Integer moved,
      String source,
      boolean clicked,
      boolean added) {}

  /// A feed.
  ///
  /// @param time when it begins, unix seconds
  /// @param other what it is held against
  /// @param about profile and context
  /// @param clicks items that the user clicked before, the latest first
  /// @param clickCount how many clicks there are in the data set's history
  record Feed(
      String user,
      long time,
      String by,
      String other,
      Map<String, String> about,
      List<ShownItems.Card> clicks,
      int clickCount,
      List<Ranked> ranking) {}

  /// What a clicked item does to a candidate's score.
  ///
  /// @param without pCTR if the user had not clicked it
  record Reason(ShownItems.Card item, float without) {}

  /// Reasons by candidate, the strongest first, and how many clicked items were left out to find
  /// them.
  record Why(Map<String, List<Reason>> reasons, int leftOut) {}

  private final ExplorerFile file;
  private final Registry registry;
  private final AsideScoring scoring;
  private final ShownItems items;
  private final int maxCandidates;

  Feeds(
      ExplorerFile file,
      Registry registry,
      AsideScoring scoring,
      ShownItems items,
      int maxCandidates) {
    this.file = file;
    this.registry = registry;
    this.scoring = scoring;
    this.items = items;
    this.maxCandidates = maxCandidates;
  }

  /// Holds the version of this name, as in `saviorrec/3`.
  ///
  /// @throws RequestException NOT_FOUND
  ModelHandle hold(String name) {
    return registry.acquire(
        live ->
            live.all().stream()
                .filter(each -> each.toString().equals(name))
                .findFirst()
                .map(each -> Route.to(each.model(), each.version()))
                .orElseThrow(
                    () ->
                        new RequestException(
                            ErrorCode.NOT_FOUND, "no model is live by that name; choose another")));
  }

  /// A user's feed.
  ///
  /// @param by the version that ranks it
  /// @param other the version, or [#PCTR_BASE], that it is held against
  /// @param added an item to put into it; null: none
  Feed rank(long userId, String by, String other, @Nullable Long added) {
    ExplorerFile.Feed feed = feed(userId);
    ScoreRequest request = request(feed, added);
    float[] pctr = scores(by, List.of(request)).getFirst();
    float[] others =
        other.equals(PCTR_BASE) ? baseScores(request) : scores(other, List.of(request)).getFirst();
    int[] order = order(pctr);
    int[] otherRanks = ranks(others);
    try (ModelHandle handle = hold(by)) {
      LiveModel model = handle.model();
      List<Long> ids = candidateIds(request);
      List<Long> clicked = distinctLatest(request.getUser(), SHOWN_CLICKS);
      List<Long> all = new ArrayList<>(ids);
      all.addAll(clicked);
      ShownItems.Found cards = items.cards(all, model);
      ScoreSource[] known =
          model.items().find(ids.stream().mapToLong(Long::longValue).toArray()).sources();
      List<Ranked> ranking = new ArrayList<>();
      int ranked = 0;
      for (int place : order) {
        boolean has = !Float.isNaN(others[place]);
        ranked += has ? 1 : 0;
        ranking.add(
            new Ranked(
                cards.of(ids.get(place)),
                ranking.size() + 1,
                pctr[place],
                has ? others[place] : null,
                has ? otherRanks[place] : null,
                has ? otherRanks[place] - ranked : null,
                known[place].name(),
                place < feed.clicked().size() && feed.clicked().get(place),
                added != null && ids.get(place).equals(added)));
      }
      return new Feed(
          Long.toString(userId),
          feed.time(),
          by,
          other,
          about(request),
          clicked.stream().map(cards::of).toList(),
          request.getUser().getHistoryCount(),
          ranking);
    }
  }

  /// Which clicked items matter most to each candidate of a user's feed: those without which its
  /// score changes most. The feed is scored again for each of them, with all of its clicks left
  /// out.
  Why why(long userId, String by, @Nullable Long added) {
    ScoreRequest request = request(feed(userId), added);
    try (ModelHandle handle = hold(by)) {
      LiveModel model = handle.model();
      ScoreRequest seen = withSeenHistory(request, model.manifest().dims().historyLength());
      List<Long> clicked = distinctLatest(seen.getUser(), MOST_LEFT_OUT);
      List<ScoreRequest> requests = new ArrayList<>();
      requests.add(seen);
      clicked.forEach(item -> requests.add(without(seen, item)));
      List<float[]> scores = scores(by, requests);
      ShownItems.Found cards = items.cards(clicked, model);
      Map<String, List<Reason>> reasons = new LinkedHashMap<>();
      List<Long> ids = candidateIds(request);
      for (int i = 0; i < ids.size(); i++) {
        int place = i;
        reasons.put(
            Long.toString(ids.get(place)),
            IntStream.range(0, clicked.size())
                .boxed()
                .filter(c -> change(scores, c, place) >= LEAST_REASON)
                .sorted(Comparator.comparingDouble(c -> -change(scores, c, place)))
                .limit(REASONS)
                .map(c -> new Reason(cards.of(clicked.get(c)), scores.get(c + 1)[place]))
                .toList());
      }
      return new Why(reasons, clicked.size());
    }
  }

  /// By how much leaving out a clicked item changes a candidate's score, either way.
  ///
  /// @param scores with all clicks, and then without each of the items
  private static float change(List<float[]> scores, int clicked, int place) {
    return Math.abs(scores.getFirst()[place] - scores.get(clicked + 1)[place]);
  }

  private ExplorerFile.Feed feed(long userId) {
    int row = file.findUser(userId);
    if (row < 0) {
      throw new RequestException(
          ErrorCode.NOT_FOUND, "the explorer has no feed of user " + userId + "; choose another");
    }
    return file.feed(row);
  }

  private ScoreRequest request(ExplorerFile.Feed feed, @Nullable Long added) {
    ScoreRequest.Builder request = feed.request().toBuilder();
    while (request.getCandidatesCount() > Math.max(1, maxCandidates - 1)) {
      request.removeCandidates(request.getCandidatesCount() - 1);
    }
    if (added != null && !candidateIds(feed.request()).contains(added)) {
      request.addCandidates(Candidate.newBuilder().setItemId(added));
    }
    return request.build();
  }

  private static List<Long> candidateIds(ScoreRequest request) {
    return request.getCandidatesList().stream().map(Candidate::getItemId).toList();
  }

  private static ScoreRequest withSeenHistory(ScoreRequest request, int length) {
    List<Long> history = request.getUser().getHistoryList();
    ScoreRequest.Builder seen = request.toBuilder();
    seen.getUserBuilder()
        .clearHistory()
        .addAllHistory(history.subList(Math.max(0, history.size() - length), history.size()));
    return seen.build();
  }

  private static ScoreRequest without(ScoreRequest request, long item) {
    ScoreRequest.Builder left = request.toBuilder();
    left.getUserBuilder()
        .clearHistory()
        .addAllHistory(
            request.getUser().getHistoryList().stream().filter(each -> each != item).toList());
    return left.build();
  }

  private static List<Long> distinctLatest(User user, int most) {
    Set<Long> items = new LinkedHashSet<>();
    for (long item : user.getHistoryList().reversed()) {
      if (items.size() < most) {
        items.add(item);
      }
    }
    return List.copyOf(items);
  }

  private List<float[]> scores(String name, List<ScoreRequest> requests) {
    String model;
    long version;
    try (ModelHandle handle = hold(name)) {
      model = handle.model().model();
      version = handle.model().version();
    }
    List<float[]> scores = new ArrayList<>();
    for (ScoreAnswer answer : scoring.score(model, version, requests, PATIENCE_NANOS)) {
      scores.add(answer.pctr());
    }
    return scores;
  }

  private static float[] baseScores(ScoreRequest request) {
    float[] scores = new float[request.getCandidatesCount()];
    for (int i = 0; i < scores.length; i++) {
      Candidate candidate = request.getCandidates(i);
      scores[i] = candidate.hasPctrBase() ? (float) candidate.getPctrBase() : Float.NaN;
    }
    return scores;
  }

  /// Places by descending score; equal ones keep their order, and those without come last.
  private static int[] order(float[] scores) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(
            Comparator.comparingDouble(
                i -> Float.isNaN(scores[i]) ? Double.POSITIVE_INFINITY : -scores[i]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static int[] ranks(float[] scores) {
    int[] ranks = new int[scores.length];
    int[] order = order(scores);
    for (int i = 0; i < order.length; i++) {
      ranks[order[i]] = i + 1;
    }
    return ranks;
  }

  private static Map<String, String> about(ScoreRequest request) {
    Map<String, String> about = new TreeMap<>();
    Map<String, FeatureValue> values = new HashMap<>(request.getUser().getProfileMap());
    values.putAll(request.getContextMap());
    values.forEach(
        (name, value) -> {
          switch (value.getKindCase()) {
            case TEXT -> about.put(name, value.getText());
            case NUMBER -> about.put(name, number(value.getNumber()));
            case KIND_NOT_SET -> {}
          }
        });
    return about;
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
