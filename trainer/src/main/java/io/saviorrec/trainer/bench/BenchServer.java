package io.saviorrec.trainer.bench;

import io.saviorrec.client.ClientConfig;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.loadtest.generator.LoadGenerator;
import io.saviorrec.loadtest.generator.LoadResult;
import io.saviorrec.loadtest.generator.RequestSource;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.trainer.process.Launcher;
import io.saviorrec.trainer.process.ServerProcess;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/// A server under measurement, with the load on it.
final class BenchServer implements AutoCloseable {
  /// Clients of the loads that costs are taken under.
  static final int CLIENTS = 4;

  private static final int CONNECTIONS = 4;

  /// What a server takes in one request by its defaults.
  private static final int MOST_CANDIDATES = 1000;

  /// One kind of load does not go on for so long that the others' code is forgotten.
  private static final double WARM_UP_TURN = .5;

  private static final double PATIENCE = 3;
  private static final Duration READY_LIMIT = Duration.ofMinutes(5);
  private static final long POLL_NANOS = 20_000_000;

  private final ServerProcess process;
  private final LoadGenerator load;
  private final double startSeconds;

  private BenchServer(ServerProcess process, LoadGenerator load, double startSeconds) {
    this.process = process;
    this.load = load;
    this.startSeconds = startSeconds;
  }

  /// Starts a server and waits until it says that it is ready.
  ///
  /// @param name of its log and of its item store
  static BenchServer start(
      Launcher launcher, BenchFiles files, String name, Path repository, Path config) {
    int port = ServerProcess.freePort(0, "--port");
    int adminPort = ServerProcess.freePort(0, "--admin-port");
    ServerProcess.Settings settings =
        new ServerProcess.Settings(
            repository, config, port, adminPort, files.itemStore(name), files.log(name));
    long start = System.nanoTime();
    ServerProcess process = ServerProcess.launch(launcher, settings);
    try {
      URI ready = URI.create("http://localhost:" + adminPort + "/readyz");
      while (!answers(ready)) {
        process.requireAlive();
        if (System.nanoTime() - start > READY_LIMIT.toNanos()) {
          throw new IllegalStateException(
              "the server was not ready within " + READY_LIMIT.toSeconds() + " s");
        }
        LockSupport.parkNanos(POLL_NANOS);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      LoadGenerator load =
          new LoadGenerator(
              ClientConfig.of("localhost:" + port), ScoringGrpc.SERVICE_NAME, "Score", CONNECTIONS);
      return new BenchServer(process, load, seconds);
    } catch (RuntimeException e) {
      process.close();
      throw e;
    }
  }

  private static boolean answers(URI page) {
    try {
      HttpURLConnection connection = (HttpURLConnection) page.toURL().openConnection();
      return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
    } catch (IOException _) {
      return false;
    }
  }

  /// From the start of the process until it was ready.
  double startSeconds() {
    return startSeconds;
  }

  long pid() {
    return process.pid();
  }

  LoadGenerator load() {
    return load;
  }

  SaviorClient client() {
    return process.client();
  }

  /// Scores every item once, so that its state is there, then puts load of each kind onto the
  /// server until it has spent so much processor time on it. On a machine that gives it too little,
  /// it is not waited for longer than a few times that.
  void warmUp(List<String> models, int items, List<? extends RequestSource> loads, double seconds) {
    for (String model : models) {
      for (int first = 1; first <= items; first += MOST_CANDIDATES) {
        ScoreRequest.Builder request = ScoreRequest.newBuilder().setModel(model);
        for (int id = first; id < Math.min(items + 1, first + MOST_CANDIDATES); id++) {
          request.addCandidates(Candidate.newBuilder().setItemId(id));
        }
        process.client().score(request.build());
      }
    }
    Duration cpu = process.cpu().plus(duration(seconds));
    long end = System.nanoTime() + duration(PATIENCE * seconds).toNanos();
    do {
      for (RequestSource each : loads) {
        closed(each, Math.min(WARM_UP_TURN, seconds / loads.size()));
      }
    } while (process.cpu().compareTo(cpu) < 0 && System.nanoTime() - end < 0);
  }

  /// CPU seconds of the whole server for 1,000 candidates, under a few clients.
  double cost(RequestSource requests, int candidates, double seconds) {
    Duration before = process.cpu();
    LoadResult result = closed(requests, seconds);
    double cpu = process.cpu().minus(before).toNanos() / 1e9;
    return cpu / (result.good() * (double) candidates) * 1000;
  }

  /// CPU seconds of one request under so many a second.
  double costOfRequest(RequestSource requests, double perSecond, double seconds, long seed) {
    Duration before = process.cpu();
    LoadResult result = load.open(requests, perSecond, duration(seconds), null, seed);
    return process.cpu().minus(before).toNanos() / 1e9 / Math.max(1, result.good());
  }

  private LoadResult closed(RequestSource requests, double seconds) {
    LoadResult result = load.closed(requests, CLIENTS, duration(seconds));
    process.requireAlive();
    if (result.good() == 0) {
      throw new IllegalStateException(
          "the server answered no request of a load: " + result.failures());
    }
    return result;
  }

  static Duration duration(double seconds) {
    return Duration.ofNanos(Math.round(seconds * 1e9));
  }

  @Override
  public void close() {
    load.close();
    process.close();
  }
}
