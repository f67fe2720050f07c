package io.saviorrec.trainer.serving;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Scoring requests from a data set's log or from a file.
public final class ScoreRequests {
  /// More clicks than any model looks at; the server cuts them to its model's length.
  public static final int MAX_HISTORY = 1000;

  private ScoreRequests() {}

  /// The user's latest page view; without candidates when the log has none of that user.
  public static ScoreRequest latestOf(DataSet data, long userId) {
    int page = data.log().latestPageOf(userId);
    if (page >= 0) {
      return data.request(page, MAX_HISTORY);
    }
    ScoreRequest.Builder stranger = ScoreRequest.newBuilder();
    stranger.getUserBuilder().setUserId(userId);
    return stranger.build();
  }

  /// A request in protobuf's JSON.
  ///
  /// @throws UserError when the file is none
  public static ScoreRequest read(Path file) {
    try {
      ScoreRequest.Builder builder = ScoreRequest.newBuilder();
      JsonFormat.parser().merge(Files.readString(file), builder);
      return builder.build();
    } catch (InvalidProtocolBufferException e) {
      throw new UserError(file + " is not a ScoreRequest: " + e.getMessage(), e);
    } catch (IOException e) {
      throw DiskFault.reading(file, e);
    }
  }

  /// Puts these items in the place of the candidates; what the request said of one is kept.
  public static void replaceCandidates(ScoreRequest.Builder request, List<Long> items) {
    Map<Long, Candidate> known = new HashMap<>();
    request.getCandidatesList().forEach(c -> known.putIfAbsent(c.getItemId(), c));
    request.clearCandidates();
    for (long item : items) {
      request.addCandidates(known.getOrDefault(item, candidate(item)));
    }
  }

  public static void addCandidates(ScoreRequest.Builder request, List<Long> items) {
    items.forEach(item -> request.addCandidates(candidate(item)));
  }

  private static Candidate candidate(long itemId) {
    return Candidate.newBuilder().setItemId(itemId).build();
  }
}
