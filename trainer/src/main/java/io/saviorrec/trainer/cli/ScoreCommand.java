package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.client.PackedForm;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.loadtest.cli.ServerOptions;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.serving.RankedItem;
import io.saviorrec.trainer.serving.RankingTable;
import io.saviorrec.trainer.serving.ScoreRequests;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `score`: asks a server to rank a user's candidates.
@Command(
    name = "score",
    sortOptions = false,
    description = {
      "Ranks a user's candidates by a running server.",
      "The request is the user's latest page view in a data set (--data and --user), or a"
          + " ScoreRequest in JSON (--request)."
    })
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class ScoreCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  /// Without picocli's own `--version`, which is the model's here.
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  @SuppressWarnings("UnusedVariable") // picocli knows that it was given
  private boolean help;

  @Option(names = "--data", paramLabel = "DIR", description = "Data set with the user's log.")
  private @Nullable Path data;

  @Option(names = "--user", paramLabel = "ID", description = "The user.")
  private @Nullable Long user;

  @Option(
      names = "--request",
      paramLabel = "FILE",
      description = "A ScoreRequest in protobuf's JSON, instead of --data and --user.")
  private @Nullable Path request;

  @Option(
      names = "--candidates",
      split = ",",
      paramLabel = "ID",
      description = "Items to rank, instead of those of the page view.")
  private List<Long> candidates = List.of();

  @Option(names = "--extra", split = ",", paramLabel = "ID", description = "Further items to rank.")
  private List<Long> extra = List.of();

  @Option(names = "--model", description = "The model, by default what the server decides.")
  private String model = "";

  @Option(
      names = "--version",
      paramLabel = "N",
      description = "The model's version, by default what the server decides.")
  private long version;

  @Option(names = "--label", description = "The label that picks the model's version.")
  private String label = "";

  @Option(names = "--bucket", description = "The experiment bucket that picks the model.")
  private String bucket = "";

  @Option(
      names = "--flag",
      paramLabel = "NAME=VALUE",
      description = "A flag of the request, such as bucket=NAME. May be repeated.")
  private Map<String, String> flags = Map.of();

  @Option(names = "--top", paramLabel = "N", description = "Prints the first N only.")
  private int top = Integer.MAX_VALUE;

  @Option(names = "--json", description = "Prints the ranking as JSON.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    checkUsage();
    if (request != null) {
      return rank(completed(fromFile(request)), new HashMap<>());
    }
    Map<Long, String> titles = new HashMap<>();
    ScoreRequest complete;
    try (DataSet dataSet = DataSet.open(requireOption(data, "--data"))) {
      complete = completed(fromPageView(dataSet, requireOption(user, "--user")));
      for (Candidate candidate : complete.getCandidatesList()) {
        int item = dataSet.items().indexOf(candidate.getItemId());
        if (item >= 0) {
          titles.put(candidate.getItemId(), dataSet.items().title(item));
        }
      }
    }
    return rank(complete, titles);
  }

  private void checkUsage() {
    if (request == null ? data == null || user == null : data != null || user != null) {
      throw new ParameterException(
          spec.commandLine(), "give either --data and --user or --request");
    }
    if (top < 1) {
      throw new ParameterException(spec.commandLine(), "--top must be positive, was " + top);
    }
    if (!model.isEmpty() && !bucket.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "give either --model or --bucket");
    }
  }

  private static <T> T requireOption(@Nullable T value, String option) {
    if (value == null) {
      throw new IllegalStateException(option + " was checked before");
    }
    return value;
  }

  /// With a message for each candidate, whichever form the file has.
  private static ScoreRequest fromFile(Path file) {
    try {
      return PackedForm.unpack(ScoreRequests.read(file));
    } catch (IllegalArgumentException e) {
      throw new UserError(file + " is not a ScoreRequest: " + e.getMessage(), e);
    }
  }

  private ScoreRequest fromPageView(DataSet dataSet, long userId) {
    ScoreRequest latest = ScoreRequests.latestOf(dataSet, userId);
    if (latest.getCandidatesCount() == 0 && candidates.isEmpty()) {
      throw new UserError(
          "user %d has no page view in %s; name a user who has one, or the items by --candidates"
              .formatted(userId, data));
    }
    return latest;
  }

  /// Applies the options that replace or add to what the request has.
  private ScoreRequest completed(ScoreRequest given) {
    ScoreRequest.Builder builder = given.toBuilder();
    if (!candidates.isEmpty()) {
      ScoreRequests.replaceCandidates(builder, candidates);
    }
    ScoreRequests.addCandidates(builder, extra);
    if (!model.isEmpty()) {
      builder.setModel(model);
    }
    if (version != 0) {
      builder.setVersion(version);
    }
    if (!label.isEmpty()) {
      builder.setLabel(label);
    }
    if (!bucket.isEmpty()) {
      builder.setBucket(bucket);
    }
    return builder.putAllFlags(flags).build();
  }

  private int rank(ScoreRequest complete, Map<Long, String> titles) throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    try (SaviorClient client = server.connect()) {
      ScoreResponse response = client.score(complete);
      addTitles(client, complete, response.getModel(), titles);
      List<RankedItem> ranking =
          RankedItem.rank(complete, response, id -> titles.getOrDefault(id, ""));
      List<RankedItem> shown = ranking.subList(0, Math.min(top, ranking.size()));
      if (json) {
        Map<String, Object> result = RankingTable.json(response, shown);
        out.println(new ObjectMapper().writeValueAsString(result));
      } else {
        RankingTable.lines(shown, _ -> "").forEach(out::println);
        if (shown.size() < ranking.size()) {
          out.printf("… and %d more%n", ranking.size() - shown.size());
        }
        out.println(RankingTable.summary(response));
      }
      out.flush();
    }
    return 0;
  }

  private static void addTitles(
      SaviorClient client, ScoreRequest scored, String model, Map<Long, String> titles) {
    List<Long> untitled =
        scored.getCandidatesList().stream()
            .map(Candidate::getItemId)
            .filter(id -> !titles.containsKey(id))
            .distinct()
            .toList();
    for (ItemInfo info : client.getItems(untitled, model)) {
      titles.put(info.getItemId(), info.getTitle());
    }
  }
}
