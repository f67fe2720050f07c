package io.saviorrec.trainer.simulation;

import io.saviorrec.client.SaviorClient;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Users of a generated shop who open the page views of its log again: a server ranks what a page
/// showed, they see the first of it, and click by the true probabilities that the log was drawn
/// from.
///
/// Of one seed everybody clicks alike, whoever ranks and however fast.
final class SimulatedUsers {
  private static final int AT_ONCE = 8;
  private static final int MAX_HISTORY = 1000;

  private final DataSet data;
  private final float[] truth;
  private final int firstPage;
  private final int shown;

  /// A click on a candidate of a request.
  record Click(String requestId, long itemId) {}

  /// @param shown how many candidates of a page they see
  SimulatedUsers(DataSet data, int shown) {
    this.data = data;
    this.shown = shown;
    this.truth =
        data.truth()
            .orElseThrow(
                () ->
                    new UserError(
                        data.name()
                            + " has no true click probabilities; generate a shop with savior synth"));
    this.firstPage = data.log().firstPageAt(data.cuts().validationFrom());
  }

  /// Page views after the training period.
  int pages() {
    return data.log().pages() - firstPage;
  }

  /// Opens page views and returns the clicks.
  ///
  /// @param seed decides who is in which bucket, which pages are opened, and what is clicked
  List<Click> visit(SaviorClient client, long seed, int views) throws InterruptedException {
    int[] pages = sample(seed, views);
    List<Click> clicks = new ArrayList<>();
    try (ExecutorService visitors = Executors.newFixedThreadPool(AT_ONCE)) {
      List<Future<List<Click>>> visits = new ArrayList<>();
      for (int page : pages) {
        // Made here: a data set is read by one thread.
        ScoreRequest request = request(seed, page);
        visits.add(visitors.submit(() -> open(client, request, seed, page)));
      }
      for (Future<List<Click>> visit : visits) {
        clicks.addAll(visit.get());
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
    return clicks;
  }

  /// Distinct pages, or all of them where there are no more.
  private int[] sample(long seed, int views) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] pages = new int[pages()];
    Arrays.setAll(pages, i -> firstPage + i);
    int count = Math.min(views, pages.length);
    for (int i = 0; i < count; i++) {
      int other = random.nextInt(i, pages.length);
      int page = pages[other];
      pages[other] = pages[i];
      pages[i] = page;
    }
    return Arrays.copyOf(pages, count);
  }

  private ScoreRequest request(long seed, int page) {
    return data.request(page, MAX_HISTORY).toBuilder()
        .setRequestId("s" + seed + "-p" + page)
        .putFlags(ExperimentSimulation.SPLIT_FLAG, seed + "/" + data.log().pageUser[page])
        .build();
  }

  private List<Click> open(SaviorClient client, ScoreRequest request, long seed, int page) {
    ScoreResponse response = client.score(request);
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + page);
    int first = data.log().pageStart[page];
    double[] draws = new double[request.getCandidatesCount()];
    Arrays.setAll(draws, _ -> random.nextDouble());
    List<Click> clicks = new ArrayList<>();
    for (int i : order(response)) {
      if (draws[i] < truth[first + i]) {
        clicks.add(new Click(request.getRequestId(), request.getCandidates(i).getItemId()));
      }
    }
    return clicks;
  }

  /// The candidates that are seen.
  private List<Integer> order(ScoreResponse response) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < response.getScoresCount(); i++) {
      order.add(i);
    }
    order.sort(
        (a, b) -> Float.compare(response.getScores(b).getPctr(), response.getScores(a).getPctr()));
    return order.subList(0, Math.min(shown, order.size()));
  }
}
