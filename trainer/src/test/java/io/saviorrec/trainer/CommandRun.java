package io.saviorrec.trainer;

import io.saviorrec.trainer.cli.TrainerMain;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/// One run of the program's command line with all that it printed.
public record CommandRun(int status, String out, String err) {
  public static CommandRun of(String... arguments) {
    return of(Map.of(), arguments);
  }

  public static CommandRun of(Map<String, String> environment, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = TrainerMain.commandLine(environment);
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int status = command.execute(arguments);
    return new CommandRun(status, out.toString(), err.toString());
  }

  public List<String> outLines() {
    return out.lines().toList();
  }

  public List<String> errLines() {
    return err.lines().toList();
  }
}
