package io.saviorrec.trainer.demo;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.serving.ScoreRequests;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongPredicate;

/// A page view of the test period that the demo scores, with an item that training never saw.
///
/// @param page the page view
/// @param newItem catalogue index of the new item, or -1 when the page view has none
record Feed(int page, int newItem) {
  /// What a feed that is worth looking at has, where the log can give it.
  static final int WANTED = 10;

  private static final int NO_ITEM = -1;

  /// The page view that shows a new item, best one with a picture on its first day, to a user with
  /// a history, among items that the model knows.
  ///
  /// @param known whether the model was trained with an item of this id
  static Feed choose(DataSet data, LongPredicate known) {
    ImpressionLog log = data.log();
    Feed best = null;
    int bestMerit = Integer.MIN_VALUE;
    for (int page = log.firstPageAt(data.cuts().testFrom()); page < log.pages(); page++) {
      Feed feed = new Feed(page, newItem(data, page, known));
      int merit = feed.merit(data, known);
      if (merit > bestMerit) {
        best = feed;
        bestMerit = merit;
      }
    }
    if (best == null) {
      throw new UserError("the data set has no page view in its test period; give it a later one");
    }
    return best;
  }

  /// The page view's first item that the model does not know and that has a title, one with a
  /// picture before one without.
  private static int newItem(DataSet data, int page, LongPredicate known) {
    ImpressionLog log = data.log();
    ItemCatalogue items = data.items();
    int found = NO_ITEM;
    for (int s = log.pageStart[page]; s < log.pageStart[page + 1]; s++) {
      int item = log.sampleItem[s];
      if (!known.test(items.itemId(item)) && !items.title(item).isBlank()) {
        if (items.image(item) != null) {
          return item;
        }
        found = found == NO_ITEM ? item : found;
      }
    }
    return found;
  }

  private int merit(DataSet data, LongPredicate known) {
    ImpressionLog log = data.log();
    int merit = Math.min(log.historySize(page), WANTED);
    int candidates = 0;
    for (int s = log.pageStart[page]; s < log.pageStart[page + 1]; s++) {
      if (known.test(data.items().itemId(log.sampleItem[s]))) {
        candidates++;
      } else if (log.sampleItem[s] != newItem) {
        merit -= WANTED / 2;
      }
    }
    merit += Math.min(candidates, WANTED);
    if (newItem != NO_ITEM) {
      int firstDay = Day.of(data.items().firstImpression(newItem));
      merit += WANTED;
      merit += data.items().image(newItem) == null ? 0 : WANTED;
      merit += firstDay == log.pageDay[page] ? WANTED / 2 : 0;
    }
    return merit;
  }

  boolean hasNewItem() {
    return newItem != NO_ITEM;
  }

  /// The page view's request, filled up with what the user was shown next where it is short.
  ScoreRequest request(DataSet data, LongPredicate known) {
    ScoreRequest.Builder request = data.request(page, ScoreRequests.MAX_HISTORY).toBuilder();
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
    return request.build();
  }
}
