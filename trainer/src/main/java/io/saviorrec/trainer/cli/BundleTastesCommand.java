package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.ModelRepository;
import io.saviorrec.bundle.SigningKey;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.Interruption;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.table.Reject;
import io.saviorrec.trainer.refresh.TasteRefresh;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `bundle tastes`: a new version of a bundle whose taste profiles know the impressions since.
@Command(
    name = "tastes",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Refreshes the users' taste profiles from new impressions, in a new version of the model.",
      "Nothing else is trained. Impressions that the profiles know already are passed over."
    })
public final class BundleTastesCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "BUNDLE",
      description = "The bundle's folder, REPOSITORY/MODEL/VERSION, which stays as it is.")
  private Path folder;

  @Parameters(
      index = "1",
      paramLabel = "DATA",
      description = "A data set with the new impressions and their items, see docs/DATA.md.")
  private Path data;

  @Option(
      names = "--sign-key",
      paramLabel = "FILE",
      description = "Signs the new version with this private key; savior bundle keygen makes one.")
  private @Nullable Path signKey;

  @Option(names = "--json", description = "Prints the result as JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    return Interruption.run("interrupted; no new version was made", this::refresh);
  }

  private int refresh() throws IOException {
    long start = System.nanoTime();
    SigningKey signingKey = signKey == null ? null : SigningKey.load(signKey);
    Bundle bundle = Bundle.open(folder);
    warnOfNewer(bundle);
    try (DataSet dataSet = DataSet.open(data, bundle.manifest().features())) {
      for (Reject reject : dataSet.rejects()) {
        System.err.println(reject.message());
      }
      TasteRefresh.Outcome outcome = TasteRefresh.run(bundle, dataSet, signingKey);
      print(outcome, (System.nanoTime() - start) / 1e9);
    } catch (RuntimeException e) {
      throw DiskFault.explain(folder, e);
    }
    return 0;
  }

  private static void warnOfNewer(Bundle bundle) {
    Manifest manifest = bundle.manifest();
    Path repository = Objects.requireNonNull(bundle.dir().getParent()).getParent();
    List<Long> versions =
        ModelRepository.versions(Objects.requireNonNull(repository), manifest.model());
    if (versions.getLast() > manifest.version()) {
      System.err.printf(
          Locale.ROOT,
          "version %d of %s is newer than %s: servers that take the newest will go back to the ranker of the latter%n",
          versions.getLast(),
          manifest.model(),
          bundle);
    }
  }

  private void print(TasteRefresh.Outcome outcome, double seconds) throws IOException {
    Manifest manifest = outcome.bundle().manifest();
    Manifest.Taste taste = Objects.requireNonNull(manifest.taste());
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("model", manifest.model());
      result.put("version", manifest.version());
      result.put("bundle", outcome.bundle().dir().toString());
      result.put("impressions", outcome.impressions());
      result.put("changed", outcome.changed());
      result.put("users", taste.users());
      result.put("until", taste.until());
      result.put("seconds", seconds);
      out.println(new ObjectMapper().writeValueAsString(result));
    } else {
      out.printf(
          Locale.ROOT,
          "%s: %,d of %,d taste profiles are new, from %,d impressions until %s, in %.1f s%n",
          outcome.bundle().dir(),
          outcome.changed(),
          taste.users(),
          outcome.impressions(),
          Instant.ofEpochSecond(taste.until()),
          seconds);
    }
    out.flush();
  }
}
