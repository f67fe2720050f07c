package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.loadtest.cli.ServerOptions;
import io.saviorrec.proto.v1.ItemSummary;
import io.saviorrec.proto.v1.ListItemsRequest;
import io.saviorrec.proto.v1.ListItemsResponse;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `items ls`: lists the items that were sent to a server.
@Command(
    name = "ls",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Lists the items that were sent to a running server, by ascending id.")
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class ItemsListCommand implements Callable<Integer> {
  private static final int PAGE = 1000;

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  @Option(names = "--deleted", description = "Lists those that were erased instead.")
  private boolean deleted;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "1000",
      description = "The most items to list. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(names = "--json", description = "Prints them as JSON.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    if (limit < 1) {
      throw new ParameterException(spec.commandLine(), "--limit must be at least 1, was " + limit);
    }
    PrintWriter out = spec.commandLine().getOut();
    List<ItemSummary> items = new ArrayList<>();
    boolean more;
    try (SaviorClient client = server.connect()) {
      String token = "";
      do {
        ListItemsResponse page =
            client.listItems(
                ListItemsRequest.newBuilder()
                    .setPageSize(Math.min(PAGE, limit - items.size()))
                    .setPageToken(token)
                    .setDeleted(deleted)
                    .build());
        items.addAll(page.getItemsList());
        token = page.getNextPageToken();
      } while (!token.isEmpty() && items.size() < limit);
      more = !token.isEmpty();
    }
    if (json) {
      List<Map<String, Object>> rows = items.stream().map(ItemsListCommand::row).toList();
      out.println(new ObjectMapper().writeValueAsString(Map.of("items", rows, "more", more)));
    } else {
      items.forEach(item -> out.println(line(item)));
      if (more) {
        out.println("there may be more: raise --limit");
      }
    }
    out.flush();
    return 0;
  }

  private static Map<String, Object> row(ItemSummary item) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("item_id", item.getItemId());
    row.put("title", item.getTitle());
    row.put("category", item.getCategory());
    row.put("time_ms", item.getTimeMs());
    row.put("image_bytes", item.getImageBytes());
    return row;
  }

  private String line(ItemSummary item) {
    String time = Instant.ofEpochMilli(item.getTimeMs()).toString();
    if (deleted) {
      return "item %d: erased %s".formatted(item.getItemId(), time);
    }
    return "item %d: \"%s\"%s, %s, of %s"
        .formatted(
            item.getItemId(),
            item.getTitle(),
            item.getCategory().isEmpty() ? "" : " in " + item.getCategory(),
            item.getImageBytes() == 0
                ? "no image"
                : "image of %d bytes".formatted(item.getImageBytes()),
            time);
  }
}
