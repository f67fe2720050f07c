package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.content.ItemContent;
import io.saviorrec.loadtest.cli.ServerOptions;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.UpsertResult;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `items put`: sends items with their titles and images to a server.
@Command(
    name = "put",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Sends items to a running server, which encodes them so that they can be scored.",
      "One item by --id, --title, --image and so on, or items of a data set by --data and --items."
    })
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class ItemsPutCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  @Option(names = "--id", paramLabel = "N", description = "The item's id, not 0.")
  private @Nullable Long id;

  @Option(names = "--title", paramLabel = "TEXT", description = "Its title.")
  private String title = "";

  @Option(names = "--category", paramLabel = "TEXT", description = "Its category's name.")
  private String category = "";

  @Option(names = "--text", description = "Any further text that describes it.")
  private String text = "";

  @Option(names = "--image", paramLabel = "FILE", description = "A JPEG, PNG or WebP file.")
  private @Nullable Path image;

  @Option(names = "--data", paramLabel = "DIR", description = "Data set that holds the items.")
  private @Nullable Path data;

  @Option(
      names = "--items",
      split = ",",
      paramLabel = "ID",
      description = "The data set's items to send.")
  private List<Long> items = List.of();

  @Option(
      names = "--stat",
      paramLabel = "NAME=NUMBER",
      description =
          "A statistic of the items: pv, clicks or age_days; repeatable. Absent ones count as 0,"
              + " like those of a new item.")
  private Map<String, Double> stats = Map.of();

  @Option(names = "--json", description = "Prints the results as JSON.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    List<Item> messages = messages();
    try (SaviorClient client = server.connect()) {
      List<UpsertResult> results = client.upsertItems(messages);
      return print(results, knownFromTraining(client, results));
    }
  }

  /// The items of which nothing was encoded because training saw this very content.
  private static Set<Long> knownFromTraining(SaviorClient client, List<UpsertResult> results) {
    List<Long> unchanged =
        results.stream()
            .filter(result -> result.getError().isEmpty() && result.getUnchanged())
            .map(UpsertResult::getItemId)
            .toList();
    return client.getItems(unchanged).stream()
        .filter(item -> item.getSource() == ScoreSource.TRAINED)
        .map(ItemInfo::getItemId)
        .collect(Collectors.toSet());
  }

  private List<Item> messages() {
    if (id != null && data == null && items.isEmpty()) {
      byte[] bytes = image == null ? new byte[0] : read(image);
      return List.of(message(new ItemContent(id, title, category, text, bytes)));
    }
    boolean single = id != null || image != null || !(title + category + text).isEmpty();
    if (single || data == null || items.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "give either --id with --title or --image, or --data and --items");
    }
    try (DataSet dataSet = DataSet.open(data)) {
      List<Item> messages = new ArrayList<>();
      for (long item : items) {
        int index = dataSet.items().indexOf(item);
        if (index < 0) {
          throw new UserError("item %d is not in %s".formatted(item, data));
        }
        messages.add(message(dataSet.items().content(index)));
      }
      return messages;
    }
  }

  private Item message(ItemContent content) {
    return content.message().toBuilder().putAllStats(stats).build();
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw DiskFault.reading(file, e);
    }
  }

  /// 1 when any item was refused.
  private int print(List<UpsertResult> results, Set<Long> trained) throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    List<Map<String, Object>> rows = new ArrayList<>();
    int failed = 0;
    for (UpsertResult result : results) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("item_id", result.getItemId());
      row.put("unchanged", result.getUnchanged());
      row.put("known_from_training", trained.contains(result.getItemId()));
      if (!result.getError().isEmpty()) {
        row.put("error", result.getError());
        failed++;
      }
      rows.add(row);
      if (!json) {
        out.println("item " + result.getItemId() + ": " + outcome(result, trained));
      }
    }
    if (json) {
      out.println(new ObjectMapper().writeValueAsString(Map.of("results", rows)));
    }
    out.flush();
    if (failed > 0) {
      throw new UserError("%d of %d items were not stored".formatted(failed, results.size()));
    }
    return 0;
  }

  private static String outcome(UpsertResult result, Set<Long> trained) {
    if (!result.getError().isEmpty()) {
      return "not stored: " + result.getError();
    }
    if (trained.contains(result.getItemId())) {
      return "known from training with this content, nothing to encode";
    }
    return result.getUnchanged()
        ? "unchanged: stored before with this content"
        : "stored and encoded";
  }
}
