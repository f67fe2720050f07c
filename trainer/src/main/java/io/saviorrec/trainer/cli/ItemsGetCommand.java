package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.loadtest.cli.ServerOptions;
import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.proto.v1.ScoreSource;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `items get`: shows what a server knows of items.
@Command(
    name = "get",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Shows what a running server knows of items.")
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class ItemsGetCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  @Parameters(arity = "1..*", split = ",", paramLabel = "ID", description = "The items.")
  private List<Long> items = List.of();

  @Option(names = "--model", description = "The model to ask, by default the server's default.")
  private String model = "";

  @Option(names = "--json", description = "Prints them as JSON.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    try (SaviorClient client = server.connect()) {
      List<ItemInfo> infos = client.getItems(items, model);
      if (json) {
        List<Map<String, Object>> rows = new ArrayList<>();
        infos.forEach(info -> rows.add(row(info)));
        out.println(new ObjectMapper().writeValueAsString(Map.of("items", rows)));
      } else {
        infos.forEach(info -> out.println(line(info)));
      }
      out.flush();
    }
    return 0;
  }

  private static Map<String, Object> row(ItemInfo info) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("item_id", info.getItemId());
    row.put("source", info.getSource().name());
    row.put("title", info.getTitle());
    row.put("codes", info.getCodesList());
    row.put("alignment_ratio", info.getAlignmentRatio());
    return row;
  }

  private static String line(ItemInfo info) {
    if (info.getSource() == ScoreSource.UNKNOWN_ITEM) {
      return "item " + info.getItemId() + ": " + info.getSource();
    }
    return String.format(
        Locale.ROOT,
        "item %d: %s, \"%s\", semantic ID %s, alignment ratio %.3f",
        info.getItemId(),
        info.getSource(),
        info.getTitle(),
        info.getCodesList(),
        info.getAlignmentRatio());
  }
}
