package io.saviorrec.trainer.cli;

import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.Interruption;
import io.saviorrec.trainer.evaluate.PvBuckets;
import io.saviorrec.trainer.report.RunReport;
import io.saviorrec.trainer.torch.Threads;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `savior report`: what a run came to, as a page for a browser.
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Writes one page that stands alone: an experiment's table beside the paper's with a model in detail, or one bundle.")
public final class ReportCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "RUN",
      description = "OUT of savior experiment, or a bundle, REPOSITORY/MODEL/VERSION.")
  private Path run;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      description = "The data set's folder; for an experiment by default the one it was made on.")
  private @Nullable Path data;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Where the page goes. Default: report.html in OUT, and in the working directory for a bundle.")
  private @Nullable Path out;

  @Option(
      names = "--buckets",
      defaultValue = PvBuckets.DEFAULT,
      description =
          "For a bundle, first page view count of each bucket of items. Default: ${DEFAULT-VALUE}.")
  private String buckets;

  @Mixin private DataLimits limits = new DataLimits();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    return Interruption.run("interrupted; no page was written", this::write);
  }

  private int write() {
    PvBuckets parsed = PvBuckets.parse(buckets);
    Threads.use(1);
    Path file =
        out != null ? out : (RunReport.knowsData(run) ? run : Path.of("")).resolve("report.html");
    String html = RunReport.html(run, data, parsed, limits.limits());
    try {
      Files.writeString(file, html);
    } catch (IOException e) {
      throw DiskFault.writing(file, e);
    }
    PrintWriter printed = spec.commandLine().getOut();
    printed.println(file);
    printed.flush();
    return 0;
  }
}
