package io.saviorrec.server.proof;

import io.grpc.Channel;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.server.fakes.TinyRepository;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.LongStream;

/// Pages whose candidates and history are being replaced while they are scored, and what a quiet
/// server says to each of them, whichever versions it meets.
final class SoakPages {
  static final int VERSIONS = 6;

  private static final int PAGES = 40;
  private static final int CANDIDATES = 20;
  private static final float TOLERANCE = 1e-6f;
  private static final float APART = 1e-5f;

  /// Replaced all the time: some that training knew and some that it did not.
  private static final long[] HOT =
      LongStream.concat(
              LongStream.range(0, 15).map(i -> TinyRepository.FIRST_ITEM + 7 * i),
              LongStream.range(0, 15).map(i -> 9_000_000 + i))
          .toArray();

  /// Those among them that are in a history and not candidates.
  private static final int HISTORY = 4;

  /// The candidates that nobody replaces have the same score in every version.
  private static final SortedSet<Integer> ANY = new TreeSet<>(List.of(0));

  private final List<ScoreRequest> pages = new ArrayList<>();
  private final int[] historyItem = new int[PAGES];

  /// By page, version of the hot history item, version of the hot candidates, candidate.
  private final float[][][][] expected = new float[PAGES][VERSIONS][VERSIONS][];

  private SoakPages() {}

  /// Asks the quiet server, which nobody else uses, about every version.
  static SoakPages of(Channel quiet) {
    SoakPages soak = new SoakPages();
    Random random = new Random(1);
    for (int page = 0; page < PAGES; page++) {
      soak.historyItem[page] = random.nextInt(HISTORY);
      ScoreRequest.Builder request = quietPage(random);
      request.getUserBuilder().setHistory(1, HOT[soak.historyItem[page]]);
      for (int i = 0; i < CANDIDATES; i += 2) {
        int hot = random.nextInt(HISTORY, HOT.length);
        request.getCandidatesBuilder(i).setItemId(HOT[hot]);
      }
      soak.pages.add(request.build());
    }
    for (int history = 0; history < VERSIONS; history++) {
      soak.put(quiet, 0, HISTORY, history);
      for (int version = 0; version < VERSIONS; version++) {
        soak.put(quiet, HISTORY, HOT.length, version);
        for (int page = 0; page < PAGES; page++) {
          soak.expected[page][history][version] =
              scores(ScoringGrpc.newBlockingStub(quiet).score(soak.pages.get(page)));
        }
      }
    }
    soak.requireDistinct();
    return soak;
  }

  /// A page without hot items.
  private static ScoreRequest.Builder quietPage(Random random) {
    // A shorter history would give other scores.
    ScoreRequest.Builder request = TinyShop.page(random, CANDIDATES).toBuilder().setExact(true);
    for (Candidate.Builder candidate : request.getCandidatesBuilderList()) {
      candidate.setItemId(besideHot(candidate.getItemId()));
    }
    for (int i = 0; i < request.getUser().getHistoryCount(); i++) {
      request.getUserBuilder().setHistory(i, besideHot(request.getUser().getHistory(i)));
    }
    return request;
  }

  private static long besideHot(long itemId) {
    return hot(itemId) < 0 ? itemId : itemId + 1;
  }

  private void put(Channel channel, int from, int to, int version) {
    UpsertItemsRequest.Builder upsert = UpsertItemsRequest.newBuilder();
    for (int hot = from; hot < to; hot++) {
      upsert.addItems(item(hot, version));
    }
    ItemsGrpc.newBlockingStub(channel)
        .upsertItems(upsert.build())
        .getResultsList()
        .forEach(
            result -> {
              if (!result.getError().isEmpty()) {
                throw new IllegalStateException(result.getError());
              }
            });
  }

  /// A soak that cannot tell one version from another proves nothing.
  private void requireDistinct() {
    for (float[][][] page : expected) {
      for (int version = 1; version < VERSIONS; version++) {
        for (int other = 0; other < version; other++) {
          if (Math.abs(page[0][version][0] - page[0][other][0]) < APART
              || Math.abs(page[version][0][1] - page[other][0][1]) < APART) {
            throw new IllegalStateException(
                "versions " + version + " and " + other + " have the same scores");
          }
        }
      }
    }
  }

  int size() {
    return PAGES;
  }

  int hotItems() {
    return HOT.length;
  }

  ScoreRequest page(int page) {
    return pages.get(page);
  }

  static Item item(int hot, int version) {
    return TinyShop.item(HOT[hot], version);
  }

  /// What is wrong with an answer to a page; empty when nothing is.
  ///
  /// @param versions of each hot item
  String mistake(
      int page, ScoreResponse response, ItemVersions[] versions, long fromNanos, long toNanos) {
    float[] scores = scores(response);
    if (scores.length != CANDIDATES) {
      return scores.length + " scores";
    }
    SortedSet<Integer> histories = versions[historyItem[page]].visible(fromNanos, toNanos);
    // One history is behind all candidates of an answer.
    String mistake = "no version of the history was visible";
    for (int history : histories) {
      mistake = mistake(page, scores, versions, history, fromNanos, toNanos);
      if (mistake.isEmpty()) {
        return "";
      }
    }
    return mistake;
  }

  private String mistake(
      int page,
      float[] scores,
      ItemVersions[] versions,
      int history,
      long fromNanos,
      long toNanos) {
    for (int i = 0; i < CANDIDATES; i++) {
      int hot = hot(pages.get(page).getCandidates(i).getItemId());
      SortedSet<Integer> visible = hot < 0 ? ANY : versions[hot].visible(fromNanos, toNanos);
      boolean right = false;
      for (int version : visible) {
        right |= Math.abs(expected[page][history][version][i] - scores[i]) <= TOLERANCE;
      }
      if (!right) {
        return "page %d, candidate %d: %s is none of the scores of versions %s with history %d"
            .formatted(page, i, scores[i], visible, history);
      }
    }
    return "";
  }

  private static int hot(long itemId) {
    for (int i = 0; i < HOT.length; i++) {
      if (HOT[i] == itemId) {
        return i;
      }
    }
    return -1;
  }

  private static float[] scores(ScoreResponse response) {
    float[] scores = new float[response.getScoresCount()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = response.getScores(i).getPctr();
    }
    return scores;
  }
}
