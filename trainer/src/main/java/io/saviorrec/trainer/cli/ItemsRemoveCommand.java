package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.loadtest.cli.ServerOptions;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `items rm`: erases items of a server.
@Command(
    name = "rm",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Erases items: their content, pictures and statistics are gone, and they are unknown from now",
      "on, also where training knew them, until they are sent again."
    })
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class ItemsRemoveCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  @Parameters(arity = "1..*", split = ",", paramLabel = "ID", description = "The items.")
  private List<Long> items = List.of();

  @Option(names = "--json", description = "Prints the result as JSON.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    try (SaviorClient client = server.connect()) {
      int deleted = client.deleteItems(items);
      out.println(
          json
              ? new ObjectMapper().writeValueAsString(Map.of("deleted", deleted))
              : "erased %d items, %d of which were there".formatted(items.size(), deleted));
      out.flush();
    }
    return 0;
  }
}
