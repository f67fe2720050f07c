package io.saviorrec.trainer.serving;

import io.saviorrec.loadtest.requests.RequestsWriter;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;

/// Writes the latest page views of a data set as the requests that a server would have got for
/// them, and some of its items, for a load test.
public final class LogRequests {
  private static final long MICROS = 1_000_000;

  /// A draw that gives an item which is there already is repeated, but not for ever.
  private static final int DRAWS = 20;

  private final DataSet data;
  private final ImpressionLog log;
  private final Shape shape;
  private final SplittableRandom random;

  /// What is written.
  ///
  /// @param requests at most so many, the latest page views
  /// @param candidates each is filled up to so many, with items as often as the log shows them
  /// @param items of the catalogue, with their pictures
  /// @param form that a request with its candidates in messages gets
  public record Shape(
      int requests, int candidates, int items, UnaryOperator<ScoreRequest> form, long seed) {}

  /// What was written.
  ///
  /// @param candidates of a request, on average; clicks: of a history
  public record Written(int requests, int users, double candidates, double clicks, int items) {}

  public LogRequests(DataSet data, Shape shape) {
    this.data = data;
    this.log = data.log();
    this.shape = shape;
    this.random = new SplittableRandom(shape.seed());
  }

  /// Writes them all.
  ///
  /// @throws UserError when the file cannot be written
  public Written write(Path file) {
    int first = Math.max(0, log.pages() - shape.requests());
    Set<Long> users = new HashSet<>();
    long candidates = 0;
    long clicks = 0;
    try (RequestsWriter out = new RequestsWriter(file)) {
      for (int page = first; page < log.pages(); page++) {
        ScoreRequest request = request(page);
        users.add(request.getUser().getUserId());
        clicks += request.getUser().getHistoryCount();
        candidates += request.getCandidatesCount();
        out.add(
            CapturedRequest.newBuilder()
                .setArrivedUs(arrivedMicros(page))
                .setRequest(shape.form().apply(request))
                .setStatus("OK")
                .build());
      }
      int items = Math.min(shape.items(), data.items().size());
      for (int item : drawn(items)) {
        out.add(data.items().content(item).message());
      }
      out.finish();
      double requests = log.pages() - first;
      return new Written(
          log.pages() - first, users.size(), candidates / requests, clicks / requests, items);
    } catch (IOException e) {
      throw DiskFault.writing(file, e);
    }
  }

  private ScoreRequest request(int page) {
    ScoreRequest shown = data.request(page, ScoreRequests.MAX_HISTORY);
    ScoreRequest.Builder request = shown.toBuilder().setRequestId("page-" + page);
    Set<Long> there = new HashSet<>();
    shown.getCandidatesList().forEach(each -> there.add(each.getItemId()));
    int draws = DRAWS * shape.candidates();
    while (request.getCandidatesCount() < shape.candidates() && draws-- > 0) {
      int sample = random.nextInt(log.samples());
      long item = data.items().itemId(log.sampleItem[sample]);
      if (there.add(item)) {
        Candidate.Builder candidate = request.addCandidatesBuilder().setItemId(item);
        if (!Float.isNaN(log.pctrBase[sample])) {
          candidate.setPctrBase(log.pctrBase[sample]);
        }
      }
    }
    return request.build();
  }

  /// The log has whole seconds; page views of the same one are spread over it.
  private long arrivedMicros(int page) {
    int begin = page;
    while (begin > 0 && log.pageTime[begin - 1] == log.pageTime[page]) {
      begin--;
    }
    int end = page;
    while (end < log.pages() && log.pageTime[end] == log.pageTime[page]) {
      end++;
    }
    return log.pageTime[page] * MICROS + (page - begin) * MICROS / (end - begin);
  }

  /// Distinct indices of the catalogue.
  private int[] drawn(int count) {
    int[] all = new int[data.items().size()];
    Arrays.setAll(all, i -> i);
    for (int i = 0; i < count; i++) {
      int other = random.nextInt(i, all.length);
      int item = all[other];
      all[other] = all[i];
      all[i] = item;
    }
    return Arrays.copyOf(all, count);
  }
}
