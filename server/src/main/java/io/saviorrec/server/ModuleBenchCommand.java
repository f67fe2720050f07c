package io.saviorrec.server;

import io.saviorrec.server.bench.ModuleBench;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// `module-bench`: times modules without a server around them, for `savior bench`, which tells it
/// what to time by lines on standard input.
@Command(
    name = "module-bench",
    hidden = true,
    mixinStandardHelpOptions = true,
    description = "Times modules for savior bench, as lines of JSON on standard input ask.")
final class ModuleBenchCommand implements Callable<Integer> {
  @Override
  public Integer call() throws IOException {
    try (ModuleBench bench = new ModuleBench();
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      bench.run(in, System.out);
    }
    return 0;
  }
}
