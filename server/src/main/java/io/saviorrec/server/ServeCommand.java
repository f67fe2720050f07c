package io.saviorrec.server;

import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.ModelRepository;
import io.saviorrec.config.ConfigException;
import io.saviorrec.contract.Precision;
import io.saviorrec.server.config.ConfigLoader;
import io.saviorrec.server.config.RedisConfig;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.engine.BundleEngine;
import io.saviorrec.server.engine.EngineThreads;
import io.saviorrec.server.logging.Logging;
import io.saviorrec.server.request.FatalErrors;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.RedisAddress;
import io.saviorrec.server.store.RedisItemStore;
import io.saviorrec.server.store.RocksItemStore;
import io.saviorrec.server.store.StoreException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/// `serve`: serves every model of a repository until it is told to stop.
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description =
        "Serves the newest version of every model of a repository until interrupted. Settings: the"
            + " file, over it SAVIOR_… environment variables, over them these options;"
            + " docs/CONFIG.md lists them.")
final class ServeCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(ServeCommand.class);

  @Option(
      names = "--repository",
      required = true,
      paramLabel = "DIR",
      description = "Folder of models: DIR/<model>/<version>/.")
  private Path repository = Path.of(".");

  @Option(names = "--config", paramLabel = "FILE", description = "YAML settings.")
  private @Nullable Path config;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "gRPC port, 0 for any free one (server.port, 8500).")
  private @Nullable Integer port;

  @Option(
      names = "--admin-port",
      paramLabel = "N",
      description = "HTTP port for metrics, health and the status page (admin.port, 8501).")
  private @Nullable Integer adminPort;

  @Option(
      names = "--explore",
      paramLabel = "DATA",
      description = "Data set to show beside the models, at /explore of the admin port.")
  private @Nullable String explore;

  @Override
  public Integer call() throws InterruptedException {
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, failure) -> {
          FatalErrors.endIfFatal(failure);
          log.error("the thread {} ended", thread.getName(), failure);
        });
    Map<String, String> commandLine = new TreeMap<>();
    if (port != null) {
      commandLine.put("server.port", port.toString());
    }
    if (adminPort != null) {
      commandLine.put("admin.port", adminPort.toString());
    }
    if (explore != null) {
      commandLine.put("admin.explore", explore);
    }
    ServerConfig configured = ConfigLoader.load(config, commandLine);
    Logging logging = Logging.start(configured.logging());
    Server server;
    try {
      // Before the engine's libraries are unpacked and loaded, which takes a while.
      ModelRepository.newest(repository);
      BundleEngine.preload();
      RocksItemStore.preload();
      String device = BundleEngine.device(configured.engine().device());
      Precision precision = BundleEngine.precision(configured.engine().precision());
      ServerConfig settings =
          EngineThreads.settle(configured, device, Runtime.getRuntime().availableProcessors());
      Server.Parts parts =
          new Server.Parts(
              folder -> openStore(folder, settings.items()),
              (bundle, slots) -> BundleEngine.load(bundle, device, slots, precision),
              meters -> ServerGauges.device(meters, device));
      server = Server.start(repository, settings, parts);
    } catch (Throwable e) {
      logging.close();
      throw e;
    }
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  server.close();
                  logging.close();
                  stopped.countDown();
                },
                "shutdown"));
    stopped.await();
    return 0;
  }

  private static ItemStore openStore(Path folder, ServerConfig.Items items) {
    RedisConfig redis = items.redis();
    String address = redis.address();
    if (items.store() == ServerConfig.Items.Store.ROCKSDB || address == null) {
      return RocksItemStore.open(folder, items.minFreeBytes());
    }
    int colon = address.lastIndexOf(':');
    // A folder of its own: it becomes what Redis has, and drops what Redis has not.
    Path copy = folder.resolveSibling(folder.getFileName() + "-of-redis");
    return RedisItemStore.open(
        new RedisAddress(
            address.substring(0, colon),
            Integer.parseInt(address.substring(colon + 1)),
            redis.tls(),
            path(redis.authorities()),
            redis.user(),
            path(redis.passwordFile()),
            redis.keyPrefix(),
            redis.timeout(),
            redis.waitReplicas()),
        RocksItemStore.open(copy, items.minFreeBytes()));
  }

  private static @Nullable Path path(@Nullable String name) {
    return name == null ? null : Path.of(name);
  }

  /// One line for what the caller can repair; anything else is a fault of ours and shows its trace.
  static int report(Exception e, CommandLine command, ParseResult parsed) throws Exception {
    FatalErrors.endIfFatal(e);
    switch (e) {
      case ConfigException problems ->
          problems.problems().forEach(problem -> command.getErr().println("savior: " + problem));
      case StartupException _, BundleException _, StoreException _ ->
          command.getErr().println("savior: " + e.getMessage());
      default -> throw e;
    }
    return 1;
  }
}
