package io.saviorrec.trainer.demo;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.cli.UserError;
import io.saviorrec.trainer.client.ScoreCommand;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.ImpressionLog;
import io.saviorrec.trainer.data.ItemCatalogue;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongPredicate;

/// A page view of the test period that the demo scores, together with an item that training never
/// saw.
///
/// @param page the page view
/// @param newItem catalogue index of the new item, or -1 when the model knows all items
record Feed(int page, int newItem) {
  /// What a feed that is worth looking at has, where the log can give it.
  static final int WANTED = 10;

  /// The first new item, and the page view from then on that has most of a history and of
  /// candidates that the model knows.
  ///
  /// @param known whether the model was trained with an item of this id
  static Feed choose(DataSet data, LongPredicate known) {
    int newItem = firstNewItem(data, known);
    long from = newItem < 0 ? data.cuts().testFrom() : data.items().firstImpression(newItem);
    ImpressionLog log = data.log();
    int best = -1;
    int bestMerit = -1;
    for (int page = log.firstPageAt(from); page < log.pages(); page++) {
      int merit = merit(data, page, newItem, known);
      if (merit > bestMerit) {
        best = page;
        bestMerit = merit;
      }
    }
    if (best < 0) {
      throw new UserError("the data set has no page view in its test period; give it a later one");
    }
    return new Feed(best, newItem);
  }

  private static int firstNewItem(DataSet data, LongPredicate known) {
    ItemCatalogue items = data.items();
    int first = -1;
    for (int item = 0; item < items.size(); item++) {
      boolean isNew =
          !known.test(items.itemId(item))
              && items.firstImpression(item) != Long.MAX_VALUE
              && !items.title(item).isBlank();
      if (isNew && (first < 0 || isBetter(items, item, first))) {
        first = item;
      }
    }
    return first;
  }

  /// One with an image before one without, then the one shown earlier.
  private static boolean isBetter(ItemCatalogue items, int item, int other) {
    boolean image = items.image(item) != null;
    return image != (items.image(other) != null)
        ? image
        : items.firstImpression(item) < items.firstImpression(other);
  }

  private static int merit(DataSet data, int page, int newItem, LongPredicate known) {
    ImpressionLog log = data.log();
    int candidates = 0;
    int strangers = 0;
    for (int s = log.pageStart[page]; s < log.pageStart[page + 1]; s++) {
      int item = log.sampleItem[s];
      if (known.test(data.items().itemId(item))) {
        candidates++;
      } else if (item != newItem) {
        strangers++;
      }
    }
    int history = log.historyEnd[page] - log.historyStart[page];
    return Math.max(0, Math.min(candidates, WANTED) + Math.min(history, WANTED) - 2 * strangers);
  }

  /// The page view's request with the new item at its end, filled up with what the user was shown
  /// next where the page view is short.
  ScoreRequest request(DataSet data, LongPredicate known) {
    ScoreRequest.Builder request = data.request(page, ScoreCommand.MAX_HISTORY).toBuilder();
    Set<Long> there = new HashSet<>();
    request.getCandidatesList().forEach(candidate -> there.add(candidate.getItemId()));
    ImpressionLog log = data.log();
    for (int next = page + 1; next < log.pages() && there.size() < WANTED; next++) {
      if (log.pageUser[next] != log.pageUser[page]) {
        continue;
      }
      for (Candidate candidate : data.request(next, 0).getCandidatesList()) {
        if (known.test(candidate.getItemId()) && there.add(candidate.getItemId())) {
          request.addCandidates(candidate);
        }
      }
    }
    if (newItem >= 0 && there.add(data.items().itemId(newItem))) {
      request.addCandidatesBuilder().setItemId(data.items().itemId(newItem));
    }
    return request.build();
  }
}
