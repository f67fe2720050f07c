package io.saviorrec.loadtest.cli;

import io.saviorrec.client.CallException;
import io.saviorrec.client.ClientConfig;
import io.saviorrec.loadtest.cli.ProtocolOptions.Protocol;
import io.saviorrec.loadtest.generator.Arrivals;
import io.saviorrec.loadtest.measure.CapacitySearch;
import io.saviorrec.loadtest.measure.CapacitySearch.Capacity;
import io.saviorrec.loadtest.measure.Comparison;
import io.saviorrec.loadtest.measure.LoadRun;
import io.saviorrec.loadtest.measure.Measured;
import io.saviorrec.loadtest.measure.ModelInputs;
import io.saviorrec.loadtest.measure.Plan;
import io.saviorrec.loadtest.measure.Slo;
import io.saviorrec.loadtest.measure.Target;
import io.saviorrec.loadtest.measure.UpsertMix;
import io.saviorrec.loadtest.measure.Watcher;
import io.saviorrec.loadtest.report.Report;
import io.saviorrec.loadtest.report.Report.Part;
import io.saviorrec.loadtest.requests.InferWire;
import io.saviorrec.loadtest.requests.Prepared;
import io.saviorrec.loadtest.requests.RequestsException;
import io.saviorrec.loadtest.requests.RequestsFile;
import io.saviorrec.loadtest.requests.ScoreWire;
import io.saviorrec.loadtest.requests.Wire;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.ScoreRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One run of `savior load`: its servers, what is asked of them, and what becomes of it.
final class Loading implements AutoCloseable {
  /// The part of a step or of a turn that comes before it and is not measured.
  private static final int SETTLING = 5;

  private static final Duration LONGEST_GUESS = Duration.ofSeconds(3);

  private final Options options;
  private final Path name;
  private final RequestsFile file;
  private final Watcher watcher;
  private final BooleanSupplier stop;
  private final Consumer<String> complaints;
  private final Arrivals arrivals;
  private final double perSecond;
  private final List<UpsertMix> mixes = new ArrayList<>();
  private final List<Target> targets = new ArrayList<>();

  /// When requests come.
  enum Rhythm {
    POISSON,
    RECORDED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// @param step of a search
  /// @param turn of a comparison
  record Lengths(Duration duration, Duration warmUp, Duration step, Duration turn) {}

  /// What the command line says.
  ///
  /// @param other null: there is one server
  /// @param rate null: it is searched for, or the recorded one
  record Options(
      ClientConfig target,
      @Nullable ClientConfig other,
      ProtocolOptions protocol,
      @Nullable Double rate,
      boolean findCapacity,
      Lengths lengths,
      Slo slo,
      Rhythm rhythm,
      boolean freshUsers,
      boolean exact,
      String model,
      double upserts,
      int connections,
      long seed) {}

  /// @param name of the file
  /// @param complaints is told in one line what could not be tidied up
  Loading(
      Options options,
      Path name,
      RequestsFile file,
      Watcher watcher,
      BooleanSupplier stop,
      Consumer<String> complaints) {
    this.options = options;
    this.name = name;
    this.file = file;
    this.watcher = watcher;
    this.stop = stop;
    this.complaints = complaints;
    if (options.rhythm() == Rhythm.RECORDED) {
      long[] micros = micros(file.requests());
      this.arrivals = Arrivals.recorded(micros);
      this.perSecond = options.rate() == null ? Arrivals.recordedPerSecond(micros) : options.rate();
    } else {
      this.arrivals = Arrivals.poisson();
      this.perSecond = options.rate() == null ? Double.NaN : options.rate();
    }
  }

  private long[] micros(List<CapturedRequest> requests) {
    long[] micros = requests.stream().mapToLong(CapturedRequest::getArrivedUs).toArray();
    if (micros.length < 2 || micros[0] == micros[micros.length - 1]) {
      throw new RequestsException(
          name + " does not say when its requests came; use --arrivals poisson");
    }
    return micros;
  }

  Report run() {
    Target first = open(options.target(), options.protocol().protocol());
    ClientConfig other = options.other();
    if (other != null) {
      return compare(run(first), run(open(other, options.protocol().otherProtocol())));
    }
    return options.findCapacity() ? findCapacity(run(first)) : measure(run(first));
  }

  private Target open(ClientConfig config, Protocol protocol) {
    Wire wire =
        switch (protocol) {
          case SAVIOR -> new ScoreWire();
          case OIP ->
              new InferWire(
                  ModelInputs.ask(config, changed(file.requests().getFirst().getRequest())),
                  options.protocol().inputs());
        };
    Prepared requests = Prepared.of(file.requests(), wire, this::changed, options.freshUsers());
    Target target = new Target(config, requests, options.connections());
    targets.add(target);
    target.check();
    return target;
  }

  private ScoreRequest changed(ScoreRequest request) {
    if (options.model().isEmpty() && !options.exact()) {
      return request;
    }
    ScoreRequest.Builder changed = request.toBuilder();
    if (options.exact()) {
      changed.setExact(true);
    }
    if (!options.model().isEmpty()) {
      changed.setModel(options.model()).clearVersion().clearLabel();
    }
    return changed.build();
  }

  private LoadRun run(Target target) {
    UpsertMix mix = null;
    if (options.upserts() > 0) {
      ClientConfig config = target == targets.getFirst() ? options.target() : options.other();
      if (config != null) {
        mix = new UpsertMix(config, file.items(), options.upserts());
        mixes.add(mix);
      }
    }
    return new LoadRun(target, arrivals, mix, watcher, stop);
  }

  private Report measure(LoadRun run) {
    Measured measured =
        run.measure(
            new Plan(
                perSecond,
                options.lengths().warmUp(),
                options.lengths().duration(),
                options.seed(),
                0,
                null));
    return new Report(setup(), List.of(part(run.target().name(), measured)), null, List.of());
  }

  private Report findCapacity(LoadRun run) {
    Duration step = options.lengths().step();
    Duration settling = step.dividedBy(SETTLING);
    Duration guess = step.compareTo(LONGEST_GUESS) > 0 ? LONGEST_GUESS : step;
    double closed = run.target().closedPerSecond(options.lengths().warmUp(), guess);
    // Requests go on where the load before ended, and arrivals differ from load to load.
    Sequence sequence = new Sequence();
    CapacitySearch search =
        new CapacitySearch(
            options.slo(),
            step,
            options.lengths().duration(),
            (rate, length, giveUp) -> {
              Measured measured =
                  run.measure(
                      new Plan(
                          rate,
                          settling,
                          length,
                          options.seed() + sequence.loads++,
                          sequence.requests,
                          giveUp));
              sequence.requests += Math.round(rate * length.plus(settling).toNanos() / 1e9) + 1;
              return measured;
            },
            stop);
    Capacity capacity = search.find(closed / 2);
    Measured confirmed = capacity.confirmed();
    List<Part> parts =
        confirmed == null ? List.of() : List.of(part(run.target().name(), confirmed));
    return new Report(setup(), parts, capacity, List.of());
  }

  /// Where a row of loads has come to.
  private static final class Sequence {
    private long loads;
    private long requests;
  }

  private Report compare(LoadRun first, LoadRun second) {
    Duration turn = options.lengths().turn();
    Duration settling = turn.dividedBy(SETTLING);
    long turns = Math.max(1, options.lengths().duration().dividedBy(turn));
    List<Measured> ofFirst = new ArrayList<>();
    List<Measured> ofSecond = new ArrayList<>();
    for (LoadRun each : List.of(first, second)) {
      each.measure(plan(settling, options.lengths().warmUp(), -1));
    }
    for (int i = 0; i < turns && !stop.getAsBoolean(); i++) {
      Plan plan = plan(settling, turn, i);
      // Who comes first has the machine as the turn before left it, so they take turns in that too.
      if (i % 2 == 0) {
        ofFirst.add(first.measure(plan));
        ofSecond.add(second.measure(plan));
      } else {
        ofSecond.add(second.measure(plan));
        ofFirst.add(first.measure(plan));
      }
    }
    Comparison comparison = new Comparison(ofFirst, ofSecond);
    return new Report(
        setup(),
        List.of(
            part(label(first, options.protocol().protocol()), comparison.firstTogether()),
            part(label(second, options.protocol().otherProtocol()), comparison.secondTogether())),
        null,
        comparison.ratios());
  }

  private Part part(String target, Measured measured) {
    return new Part(target, measured, options.slo().judge(measured));
  }

  /// Of one server by two protocols each is told apart.
  private String label(LoadRun run, Protocol protocol) {
    boolean alike = options.protocol().protocol() == options.protocol().otherProtocol();
    return run.target().name() + (alike ? "" : " " + protocol);
  }

  /// Both servers get the same requests at the same times in a turn.
  private Plan plan(Duration warmUp, Duration length, long number) {
    long each = Math.round(perSecond * length.plus(warmUp).toNanos() / 1e9) + 1;
    return new Plan(
        perSecond, warmUp, length, options.seed() + number, Math.max(0, number) * each, null);
  }

  private Map<String, String> setup() {
    Lengths lengths = options.lengths();
    Map<String, String> setup = new LinkedHashMap<>();
    ClientConfig other = options.other();
    setup.put(
        "target",
        "%s (%s)%s"
            .formatted(
                options.target().target(),
                options.protocol().protocol(),
                other == null
                    ? ""
                    : " and %s (%s) in turns of %s"
                        .formatted(
                            other.target(),
                            options.protocol().otherProtocol(),
                            DurationConverter.text(lengths.turn()))));
    setup.put(
        "load",
        "%s, %s arrivals, %s after %s of warm-up, seed %d%s"
            .formatted(
                options.findCapacity()
                    ? "rates in steps of " + DurationConverter.text(lengths.step())
                    : String.format(Locale.ROOT, "%,.1f requests a second", perSecond),
                options.rhythm(),
                DurationConverter.text(lengths.duration()),
                DurationConverter.text(lengths.warmUp()),
                options.seed(),
                options.upserts() > 0
                    ? String.format(
                        Locale.ROOT, ", and %,.1f new items a second", options.upserts())
                    : ""));
    setup.put(
        "requests",
        String.format(Locale.ROOT, "%,d of %s%s", file.requests().size(), name, variations()));
    return setup;
  }

  private String variations() {
    return (options.freshUsers() ? ", each from a user of its own" : "")
        + (options.exact() ? ", exact" : "")
        + (options.model().isEmpty() ? "" : ", model " + options.model());
  }

  /// Erases the items that were sent. Where that fails, what was measured is still worth to be
  /// told, so it is no more than said.
  @Override
  public void close() {
    targets.forEach(Target::close);
    for (UpsertMix mix : mixes) {
      try {
        mix.close();
      } catch (CallException e) {
        complaints.accept(mix.sent() + " were not erased: " + e.getMessage());
      }
    }
  }
}
