package io.saviorrec.trainer.cli;

import io.saviorrec.trainer.demo.Demo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `demo`: makes data, trains, evaluates, serves and scores a feed with an item that training never
/// saw.
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes data, trains, evaluates, serves, sends a new item and scores a feed with it; then"
          + " keeps serving until interrupted.",
      "Steps that an earlier demo finished in the same work folder are taken from there."
    })
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class DemoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--data", paramLabel = "DIR", description = "Data set; default: a generated one.")
  private @Nullable Path data;

  @Option(
      names = "--preset",
      defaultValue = "small",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Demo.Preset preset;

  @Option(
      names = "--work",
      paramLabel = "DIR",
      defaultValue = "work/demo",
      description = "Folder for what the demo makes. Default: ${DEFAULT-VALUE}.")
  private Path work;

  @Option(
      names = "--port",
      defaultValue = "8500",
      description = "gRPC port, 0 for any free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--admin-port",
      defaultValue = "8501",
      description =
          "HTTP port for metrics and the status page, 0 for any free one. Default: ${DEFAULT-VALUE}.")
  private int adminPort;

  @Option(names = "--fresh", description = "Starts over, whatever an earlier demo finished.")
  private boolean fresh;

  @Option(names = "--exit", description = "Ends after the feed instead of serving on.")
  private boolean exit;

  @Option(names = "--json", description = "Prints the result as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Demo.Options options = new Demo.Options(data, preset, work, port, adminPort, fresh, exit, json);
    Demo.run(options, spec.commandLine().getOut());
    return 0;
  }
}
