package io.saviorrec.trainer.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.ModelRepository;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.UpsertResult;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.demo.DemoFolder.Step;
import io.saviorrec.trainer.process.Launcher;
import io.saviorrec.trainer.process.ServerProcess;
import io.saviorrec.trainer.serving.RankedItem;
import io.saviorrec.trainer.serving.RankingTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.LongPredicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One demo: makes data, trains, evaluates, serves and scores a feed with an item that training
/// never saw, each step by the command that a user would run.
public final class Demo {
  private static final String MODEL = "saviorrec";
  private static final int STEPS = 6;

  /// The sizes of a demo; both `synth` and `train` have a preset of each name.
  public enum Preset {
    tiny,
    small
  }

  /// What a demo is run with.
  ///
  /// @param data the data set, null for a generated one
  /// @param work folder for what the demo makes
  /// @param port the server's gRPC port, 0 for any free one
  /// @param adminPort its HTTP port, 0 for any free one
  /// @param fresh whether to start over, whatever an earlier demo finished
  /// @param exit whether to end after the feed instead of serving on
  /// @param json whether to print the result as JSON instead of what is going on
  public record Options(
      @Nullable Path data,
      Preset preset,
      Path work,
      int port,
      int adminPort,
      boolean fresh,
      boolean exit,
      boolean json) {}

  private final @Nullable Path data;
  private final Preset preset;
  private final int port;
  private final int adminPort;
  private final boolean exit;
  private final boolean json;
  private final PrintWriter out;
  private final Launcher launcher;
  private final DemoFolder folder;
  private final Map<String, Object> result = new LinkedHashMap<>();
  private final List<Map<String, Object>> steps = new ArrayList<>();

  private Demo(Options options, PrintWriter out) {
    this.data = options.data;
    this.preset = options.preset;
    this.exit = options.exit;
    this.json = options.json;
    this.out = out;
    this.port = ServerProcess.freePort(options.port, "--port");
    this.adminPort = ServerProcess.freePort(options.adminPort, "--admin-port");
    if (port == adminPort) {
      throw new UserError("--port and --admin-port are both " + port + "; name two ports");
    }
    this.launcher = Launcher.ofThisProcess("demo");
    String name =
        data == null
            ? preset.name()
            : data.toAbsolutePath().normalize().getFileName() + "-" + preset;
    this.folder = DemoFolder.open(options.work.resolve(name), options.fresh);
  }

  /// Runs it to its end; unless it is to exit, that is when the server ends or the process is told
  /// to.
  public static void run(Options options, PrintWriter out) throws IOException {
    long start = System.nanoTime();
    new Demo(options, out).run(start);
  }

  private void run(long start) throws IOException {
    Path dataFolder = makeData();
    Bundle bundle = train(dataFolder);
    evaluate(dataFolder, bundle);
    begin(4, "serve", "every model of " + folder.repository());
    long stepStart = System.nanoTime();
    DemoFolder.delete(folder.itemStore());
    launcher.run(
        List.of("explore", dataFolder.toString(), "--out", folder.explorer().toString()),
        childOutput());
    ServerProcess.Settings settings =
        new ServerProcess.Settings(
            folder.repository(),
            null,
            folder.explorer(),
            port,
            adminPort,
            folder.itemStore(),
            folder.serverLog());
    try (ServerProcess server = ServerProcess.start(launcher, settings)) {
      end(
          "serve",
          stepStart,
          "gRPC on localhost:%d; its log is %s".formatted(port, folder.serverLog()));
      scoreFeed(dataFolder, bundle, server);
      finish(start);
      if (!exit) {
        server.awaitEnd();
      }
    }
  }

  private Path makeData() throws IOException {
    if (data != null) {
      begin(1, "data", "the data set " + data);
      // Whatever is wrong with it should be said before anything long starts.
      fingerprint(data);
      return data;
    }
    begin(1, "data", "a generated catalogue and click log, preset " + preset);
    String input = "synth " + preset;
    if (folder.isDone(Step.DATA, input) && Files.isDirectory(folder.data())) {
      reused("data", folder.data().toString());
      return folder.data();
    }
    long start = System.nanoTime();
    folder.forget(Step.DATA);
    DemoFolder.delete(folder.data());
    launcher.run(
        List.of("synth", folder.data().toString(), "--preset", preset.name()), childOutput());
    folder.finished(Step.DATA, input);
    end("data", start, folder.data().toString());
    return folder.data();
  }

  private Bundle train(Path dataFolder) throws IOException {
    begin(2, "train", "encoder, quantizer and ranker, preset " + preset);
    String input = "train " + preset + " " + fingerprint(dataFolder);
    if (folder.isDone(Step.TRAIN, input)) {
      try {
        Bundle bundle = newest();
        reused("train", bundle.dir().toString());
        return bundle;
      } catch (BundleException e) {
        say("      the model of an earlier demo cannot be used: " + e.getMessage());
      }
    }
    long start = System.nanoTime();
    folder.forget(Step.TRAIN);
    launcher.run(
        List.of(
            "train",
            dataFolder.toString(),
            folder.repository().toString(),
            "--preset",
            preset.name(),
            "--model",
            MODEL),
        childOutput());
    Bundle bundle = newest();
    folder.finished(Step.TRAIN, input);
    end("train", start, bundle.dir().toString());
    return bundle;
  }

  private Bundle newest() {
    List<Long> versions = ModelRepository.versions(folder.repository(), MODEL);
    if (versions.isEmpty()) {
      throw new BundleException(folder.repository() + " holds no version of " + MODEL);
    }
    return Bundle.open(ModelRepository.versionDir(folder.repository(), MODEL, versions.getLast()));
  }

  private void evaluate(Path dataFolder, Bundle bundle) throws IOException {
    begin(3, "evaluate", "on the test period, beside what else could rank it");
    String input = bundle.manifest().createdAt() + " version " + bundle.manifest().version();
    boolean known = folder.isDone(Step.EVALUATE, input) && Files.isRegularFile(folder.evaluation());
    long start = System.nanoTime();
    if (!known) {
      String output =
          launcher.read(
              List.of("evaluate", bundle.dir().toString(), dataFolder.toString(), "--json"));
      Files.writeString(folder.evaluation(), output);
      folder.finished(Step.EVALUATE, input);
    }
    JsonNode evaluation = new ObjectMapper().readTree(Files.readString(folder.evaluation()));
    result.put("evaluation", evaluation);
    if (known) {
      reused("evaluate", summary(evaluation));
    } else {
      end("evaluate", start, summary(evaluation));
    }
  }

  private static String summary(JsonNode evaluation) {
    StringJoiner line = new StringJoiner(", ");
    for (String metric : List.of("auc", "gauc", "logloss", "pcoc")) {
      if (evaluation.path(metric).isNumber()) {
        line.add(metric.toUpperCase(Locale.ROOT) + number(evaluation.path(metric)));
      }
    }
    StringJoiner references = new StringJoiner(", ", "; AUC of references: ", "");
    references.setEmptyValue("");
    evaluation
        .path("references")
        .properties()
        .forEach(entry -> references.add(entry.getKey() + number(entry.getValue())));
    return line + references.toString();
  }

  private static String number(JsonNode value) {
    return String.format(Locale.ROOT, " %.4f", value.asDouble());
  }

  private void scoreFeed(Path dataFolder, Bundle bundle, ServerProcess server) {
    try (DataSet dataSet = DataSet.open(dataFolder);
        ItemTable table = bundle.items()) {
      LongPredicate known = id -> table.find(id) >= 0;
      Feed feed = Feed.choose(dataSet, known);
      ItemCatalogue items = dataSet.items();
      begin(5, "new item", "sent with its title and image, as when it is first put up for sale");
      long start = System.nanoTime();
      if (feed.hasNewItem()) {
        send(server, dataSet, feed.newItem());
        end("new item", start, describe(items, feed.newItem()));
      } else {
        end("new item", start, "none: the model was trained with every item of the data set");
      }
      ScoreRequest request = feed.request(dataSet, known);
      long time = dataSet.log().pageTime[feed.page()];
      begin(
          6,
          "feed",
          "user %d at %s with %d clicks before"
              .formatted(
                  request.getUser().getUserId(),
                  Instant.ofEpochSecond(time),
                  request.getUser().getHistoryCount()));
      long scoreStart = System.nanoTime();
      ScoreResponse response = server.client().score(request);
      end("feed", scoreStart, response.getScoresCount() + " candidates");
      List<RankedItem> ranking = RankedItem.rank(request, response, id -> title(items, id));
      show(response, ranking, feed.hasNewItem() ? items.itemId(feed.newItem()) : null);
      sayHowToAgain(dataFolder, request);
    }
  }

  private static void send(ServerProcess server, DataSet dataSet, int item) {
    UpsertResult sent =
        server.client().upsertItems(List.of(dataSet.items().content(item).message())).getFirst();
    if (!sent.getError().isEmpty()) {
      throw new UserError(
          "the server did not take item %d: %s".formatted(sent.getItemId(), sent.getError()));
    }
  }

  private static String describe(ItemCatalogue items, int item) {
    return "%d \"%s\", first shown %s, so that training never saw it%s"
        .formatted(
            items.itemId(item),
            items.title(item),
            Instant.ofEpochSecond(items.firstImpression(item)),
            items.image(item) == null ? "; it has no image" : "");
  }

  private static String title(ItemCatalogue items, long id) {
    int item = items.indexOf(id);
    return item < 0 ? "" : items.title(item);
  }

  private void show(ScoreResponse response, List<RankedItem> ranking, @Nullable Long newId) {
    Map<String, Object> shown = RankingTable.json(response, ranking);
    if (newId != null) {
      shown.put("new_item", newId);
    }
    result.put("feed", shown);
    say("");
    RankingTable.lines(
            ranking, id -> newId != null && id == newId ? "<- new: sent a moment before" : "")
        .forEach(this::say);
    say(RankingTable.summary(response));
    say("");
  }

  private void sayHowToAgain(Path dataFolder, ScoreRequest request) {
    if (!exit) {
      say(
          "Rank it yourself:  %s score --target localhost:%d --data %s --user %d"
              .formatted(launcher.typed(), port, dataFolder, request.getUser().getUserId()));
    }
  }

  private void finish(long start) throws JsonProcessingException {
    double seconds = (System.nanoTime() - start) / 1e9;
    String metrics = "http://localhost:" + adminPort + "/metrics";
    result.put("steps", steps);
    result.put("seconds", seconds);
    result.put("target", "localhost:" + port);
    result.put("metrics", metrics);
    result.put("explorer", "http://localhost:" + adminPort + "/explore");
    if (json) {
      out.println(new ObjectMapper().writeValueAsString(result));
      out.flush();
    }
    say("Status page:       http://localhost:" + adminPort + "/");
    say(
        String.format(Locale.ROOT, "The demo took %.0f s.", seconds)
            + (exit ? "" : " Serving on localhost:" + port + " until Ctrl-C."));
    if (!exit) {
      say("Look at it:        http://localhost:" + adminPort + "/explore");
    }
  }

  private void begin(int number, String step, String what) {
    say("[%d/%d] %s: %s".formatted(number, STEPS, step, what));
  }

  private void end(String step, long start, String outcome) {
    double seconds = (System.nanoTime() - start) / 1e9;
    record(step, seconds, false);
    say(String.format(Locale.ROOT, "      %.1f s: %s", seconds, outcome));
  }

  private void reused(String step, String outcome) {
    record(step, 0, true);
    say("      kept from an earlier demo (--fresh starts over): " + outcome);
  }

  private void record(String step, double seconds, boolean reused) {
    steps.add(Map.of("step", step, "seconds", seconds, "reused", reused));
  }

  private void say(String line) {
    if (!json) {
      out.println(line);
      out.flush();
    }
  }

  private Redirect childOutput() {
    return json ? Redirect.DISCARD : Redirect.INHERIT;
  }

  /// Tells one state of a data set from another: its tables with their sizes and times.
  private static String fingerprint(Path dataFolder) throws IOException {
    if (!Files.isDirectory(dataFolder)) {
      throw new UserError(dataFolder + ": no such folder");
    }
    StringJoiner files = new StringJoiner(" ");
    files.add(dataFolder.toAbsolutePath().normalize().toString());
    try (Stream<Path> entries = Files.list(dataFolder)) {
      for (Path file : entries.filter(Files::isRegularFile).sorted().toList()) {
        files.add(
            "%s:%d:%s"
                .formatted(file.getFileName(), Files.size(file), Files.getLastModifiedTime(file)));
      }
    }
    return files.toString();
  }
}
