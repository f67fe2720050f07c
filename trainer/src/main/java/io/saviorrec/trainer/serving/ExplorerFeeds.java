package io.saviorrec.trainer.serving;

import io.saviorrec.explorer.ExplorerFile;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a server's explorer shows of a data set: its items, and of each of some users a feed of the
/// test period, which training has not seen.
///
/// A feed is what the user was shown last, over as many page views as fill it. It is asked for as
/// of the first of them, so that no click of the feed is in the history.
public final class ExplorerFeeds {
  private static final int MAX_CANDIDATES = 24;
  private static final int MAX_PAGES = 12;
  private static final int ENOUGH_CLICKS = 10;

  /// More than a reader looks through; a model looks at fewer.
  private static final int MAX_HISTORY = 200;

  private final DataSet data;
  private final ImpressionLog log;

  private ExplorerFeeds(DataSet data) {
    this.data = data;
    this.log = data.log();
  }

  /// Writes them into a folder.
  ///
  /// @param folder of the data set, where its pictures are
  /// @param users the most users
  /// @return how many users there are
  public static int write(DataSet data, Path folder, Path out, int users) {
    ItemCatalogue items = data.items();
    try {
      // As a data set gives its pictures' paths.
      Path whole = folder.toAbsolutePath().normalize();
      List<ExplorerFile.Feed> feeds = new ExplorerFeeds(data).feeds(users);
      ExplorerFile.write(
          out,
          data.name(),
          folder.toRealPath(),
          items.size(),
          i ->
              new ExplorerFile.Item(
                  items.itemId(i), items.title(i), items.category(i), picture(items, i, whole)),
          feeds);
      return feeds.size();
    } catch (IOException e) {
      throw DiskFault.writing(out.resolve(ExplorerFile.NAME), e);
    }
  }

  private static String picture(ItemCatalogue items, int item, Path folder) {
    @Nullable Path image = items.image(item);
    return image == null ? "" : folder.relativize(image).toString();
  }

  private List<ExplorerFile.Feed> feeds(int users) {
    List<ExplorerFile.Feed> feeds = new ArrayList<>();
    pagesByUser(users).forEach((user, pages) -> feeds.add(feed(user, pages.reversed())));
    feeds.sort(Comparator.comparingInt(ExplorerFeeds::merit).reversed());
    return feeds;
  }

  private static int merit(ExplorerFile.Feed feed) {
    return Math.min(feed.request().getUser().getHistoryCount(), ENOUGH_CLICKS)
        + feed.request().getCandidatesCount();
  }

  /// The last page views of the users that were there last, latest first.
  private Map<Long, List<Integer>> pagesByUser(int users) {
    Map<Long, List<Integer>> pages = new TreeMap<>();
    Map<Long, Integer> shown = new HashMap<>();
    for (int page = log.pages() - 1; page >= log.firstPageAt(data.cuts().testFrom()); page--) {
      long user = log.pageUser[page];
      if (!pages.containsKey(user) && pages.size() == users) {
        continue;
      }
      List<Integer> own = pages.computeIfAbsent(user, each -> new ArrayList<>());
      if (own.size() < MAX_PAGES && shown.getOrDefault(user, 0) < MAX_CANDIDATES) {
        own.add(page);
        shown.merge(user, log.pageStart[page + 1] - log.pageStart[page], Integer::sum);
      }
    }
    return pages;
  }

  /// @param pages earliest first
  private ExplorerFile.Feed feed(long user, List<Integer> pages) {
    int first = pages.getFirst();
    ScoreRequest.Builder request = data.request(first, MAX_HISTORY).toBuilder();
    List<Candidate> all = new ArrayList<>();
    List<Boolean> clicks = new ArrayList<>();
    Map<Long, Integer> places = new HashMap<>();
    for (int page : pages) {
      List<Candidate> candidates =
          page == first ? request.getCandidatesList() : data.request(page, 0).getCandidatesList();
      for (int i = 0; i < candidates.size(); i++) {
        boolean clicked = log.clicked[log.pageStart[page] + i];
        Integer place = places.get(candidates.get(i).getItemId());
        if (place != null) {
          clicks.set(place, clicks.get(place) || clicked);
        } else if (all.size() < MAX_CANDIDATES) {
          places.put(candidates.get(i).getItemId(), all.size());
          all.add(candidates.get(i));
          clicks.add(clicked);
        }
      }
    }
    request.clearCandidates().addAllCandidates(all);
    return new ExplorerFile.Feed(user, log.pageTime[first], request.build(), clicks);
  }
}
