package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.loadtest.cli.ServerOptions;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import io.saviorrec.proto.v1.UpdateStatsResponse;
import io.saviorrec.trainer.console.UserError;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `items stats`: refreshes statistics of items, without their content.
@Command(
    name = "stats",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Refreshes statistics of items that a running server knows, without their content: the same",
      "for some items by their ids and --stat, or those of a CSV file by --file."
    })
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class ItemsStatsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  @Parameters(arity = "0..*", split = ",", paramLabel = "ID", description = "The items.")
  private List<Long> items = List.of();

  @Option(
      names = "--stat",
      paramLabel = "NAME=NUMBER",
      description = "A statistic of the items; repeatable. Those that are not named stay.")
  private Map<String, Float> stats = Map.of();

  @Option(
      names = "--file",
      paramLabel = "CSV",
      description =
          "A file with a header: item_id and the names of statistics. An empty field is absent.")
  private @Nullable Path file;

  @Option(
      names = "--time-ms",
      paramLabel = "MS",
      description = "When they were true, in milliseconds since 1970. Default: now.")
  private long timeMillis;

  @Option(names = "--json", description = "Prints the result as JSON.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    UpdateStatsRequest request = request();
    UpdateStatsResponse response;
    try (SaviorClient client = server.connect()) {
      response = client.updateStats(request);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          new ObjectMapper()
              .writeValueAsString(
                  Map.of(
                      "updated", response.getUpdated(),
                      "unknown", response.getUnknownList(),
                      "stale", response.getStaleList())));
    } else {
      out.println("refreshed %d of %d items".formatted(response.getUpdated(), items(request)));
      response.getUnknownList().forEach(id -> out.println("item " + id + ": not known"));
      response
          .getStaleList()
          .forEach(id -> out.println("item " + id + ": has newer statistics already"));
    }
    out.flush();
    int left = items(request) - response.getUpdated();
    if (left > 0) {
      throw new UserError("%d of %d items were not refreshed".formatted(left, items(request)));
    }
    return 0;
  }

  private static int items(UpdateStatsRequest request) {
    return request.getItemIdsCount();
  }

  private UpdateStatsRequest request() {
    if ((file == null) == (items.isEmpty() || stats.isEmpty())
        || (file != null && !(items.isEmpty() && stats.isEmpty()))) {
      throw new ParameterException(spec.commandLine(), "give either ids with --stat, or --file");
    }
    if (file != null) {
      return StatsFile.read(file).setTimeMs(timeMillis).build();
    }
    UpdateStatsRequest.Builder request =
        UpdateStatsRequest.newBuilder().addAllItemIds(items).setTimeMs(timeMillis);
    stats.forEach(
        (name, value) ->
            request.addColumns(
                StatColumn.newBuilder()
                    .setName(name)
                    .addAllValues(Collections.nCopies(items.size(), value))));
    return request.build();
  }
}
