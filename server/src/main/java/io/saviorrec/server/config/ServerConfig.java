package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import io.saviorrec.config.Settings;
import io.saviorrec.content.ImageLimits;
import io.saviorrec.engine.EngineConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The whole configuration of a server: one nested record for each section of the YAML file.
///
/// Every section validates itself and has its defaults in `DEFAULT`; `docs/CONFIG.md` lists them.
public record ServerConfig(
    Grpc server,
    ConnectionsConfig connections,
    LimitsConfig limits,
    AdminConfig admin,
    Engine engine,
    Scoring scoring,
    Items items,
    Users users,
    RoutingConfig routing,
    TlsConfig tls,
    AccessConfig access,
    HealthConfig health,
    BundlesConfig bundles,
    ModelsConfig models,
    OverloadConfig overload,
    LoggingConfig logging,
    TracingConfig tracing,
    CaptureConfig capture,
    ExposuresConfig exposures,
    OipConfig oip) {

  static final ServerConfig DEFAULT =
      new ServerConfig(
          Grpc.DEFAULT,
          ConnectionsConfig.DEFAULT,
          LimitsConfig.DEFAULT,
          AdminConfig.DEFAULT,
          Engine.DEFAULT,
          Scoring.DEFAULT,
          Items.DEFAULT,
          Users.DEFAULT,
          RoutingConfig.DEFAULT,
          TlsConfig.DEFAULT,
          AccessConfig.DEFAULT,
          HealthConfig.DEFAULT,
          BundlesConfig.DEFAULT,
          ModelsConfig.DEFAULT,
          OverloadConfig.DEFAULT,
          LoggingConfig.DEFAULT,
          TracingConfig.DEFAULT,
          CaptureConfig.DEFAULT,
          ExposuresConfig.DEFAULT,
          OipConfig.DEFAULT);

  public ServerConfig {
    boolean patterns = !access.certificates().isEmpty();
    boolean asked = tls.clientCertificates() != TlsConfig.ClientCertificates.NONE;
    boolean encrypted = tls.enabled();
    boolean https = admin.tls();
    Check.all(
        check ->
            check
                .that(
                    asked || !patterns,
                    "tls.clientCertificates",
                    "be optional or required where access.certificates names callers",
                    "none")
                .that(encrypted || !https, "admin.tls", "be false without tls.certificates", true));
  }

  /// The gRPC endpoint.
  ///
  /// @param host the address to listen on
  /// @param port TCP port; 0 takes a free one
  /// @param handlerThreads threads that decode requests and encode responses
  /// @param shutdownPause how long a stopping server still takes calls after it said that it is not
  ///   ready, so that clients and balancers can turn away
  /// @param drainTimeout how long a stopping server waits for calls in flight
  public record Grpc(
      String host, int port, int handlerThreads, Duration shutdownPause, Duration drainTimeout) {
    static final Grpc DEFAULT =
        new Grpc("0.0.0.0", 8500, cores(2), Duration.ofSeconds(5), Duration.ofSeconds(10));

    public Grpc {
      Check.all(
          check ->
              check
                  .notBlank("host", host)
                  .range("port", port, 0, 65535)
                  .range("handlerThreads", handlerThreads, 1, 1024)
                  .range("shutdownPause", shutdownPause, Duration.ZERO, Duration.ofMinutes(10))
                  .range("drainTimeout", drainTimeout, Duration.ZERO, Duration.ofMinutes(10)));
    }
  }

  /// How the models run.
  ///
  /// @param device `cpu`, `gpu:N`, or `auto`: the first GPU if there is one
  /// @param precision the type that scores are computed in; AUTO: the faster one of those that are
  ///   near enough, for each model
  /// @param threads scoring threads, each of which makes one call of a model at a time; 0: as many
  ///   as are best on this machine
  /// @param intraOpThreads threads that work on one call; 0: as many as are best on this machine
  /// @param batchRows the most candidates of small requests that wait and are scored in one call
  /// @param queueCapacity requests that may wait for a scoring thread
  /// @param warmUpTime the longest time that is spent on requests of nobody before readiness
  public record Engine(
      String device,
      Precision precision,
      int threads,
      int intraOpThreads,
      int batchRows,
      int queueCapacity,
      Duration warmUpTime) {
    static final Engine DEFAULT =
        new Engine("auto", Precision.AUTO, 0, 0, 512, 256, Duration.ofSeconds(5));

    /// How scores are computed.
    public enum Precision {
      AUTO,
      FP32,
      BF16
    }

    public Engine {
      Check.all(
          check ->
              check
                  .that(
                      device.equals("auto") || EngineConfig.isDevice(device),
                      "device",
                      "be auto, cpu or gpu:N",
                      device)
                  .range("threads", threads, 0, 1024)
                  .range("intraOpThreads", intraOpThreads, 0, 1024)
                  .range("batchRows", batchRows, 1, 100_000)
                  .range("queueCapacity", queueCapacity, 1, 1_000_000)
                  .range("warmUpTime", warmUpTime, Duration.ZERO, Duration.ofMinutes(10)));
    }
  }

  /// Bounds on one scoring request.
  ///
  /// @param maxCandidates the most candidates (or item ids of a lookup) in one request
  /// @param maxUsers the most requests in one call for several users
  /// @param futureClicks what becomes of clicks that are not before the page
  /// @param strictColumns refuse columns that the model does not have, also where the request does
  ///   not ask for it
  public record Scoring(
      int maxCandidates, int maxUsers, FutureClicks futureClicks, boolean strictColumns) {
    static final Scoring DEFAULT = new Scoring(1000, 64, FutureClicks.DROP, false);

    /// What becomes of clicks that are not before the page.
    public enum FutureClicks {
      DROP,
      REFUSE
    }

    public Scoring {
      Check.all(
          check ->
              check
                  .range("maxCandidates", maxCandidates, 1, 100_000)
                  .range("maxUsers", maxUsers, 1, 10_000));
    }
  }

  /// Items: the caches of each model, and the items that arrive after training.
  ///
  /// @param stateCapacity item states kept for each model
  /// @param representationCapacity z and codes of sent items kept in memory
  /// @param store what the item store is made of
  /// @param storeDirectory folder of the item store, or of its copy; null: `<repository>-items`
  ///   beside the repository
  /// @param redis where a shared item store is
  /// @param maxUpsertBatch the most items in one upsert
  /// @param maxStatsBatch the most items in one refresh of statistics or one deletion
  /// @param maxImageBytes the largest image file accepted
  /// @param maxImageSide the largest width and height of an image
  /// @param maxImagePixels the most pixels of an image, width × height
  /// @param imageTimeout the most processor time that decoding an image may take
  /// @param maxTextChars the longest title, category or text accepted, each
  /// @param encodeBatch items that one encoder call takes
  /// @param encodeThreads threads that encode
  /// @param encodeQueueCapacity upserts that may wait for them
  /// @param minFreeBytes room on the item store's disk below which nothing more is stored
  public record Items(
      int stateCapacity,
      int representationCapacity,
      Store store,
      @Nullable String storeDirectory,
      RedisConfig redis,
      int maxUpsertBatch,
      int maxStatsBatch,
      int maxImageBytes,
      int maxImageSide,
      int maxImagePixels,
      Duration imageTimeout,
      int maxTextChars,
      int encodeBatch,
      int encodeThreads,
      int encodeQueueCapacity,
      long minFreeBytes) {
    static final Items DEFAULT =
        new Items(
            20_000,
            100_000,
            Store.ROCKSDB,
            null,
            RedisConfig.DEFAULT,
            64,
            10_000,
            8 << 20,
            ImageLimits.DEFAULT.maxSide(),
            ImageLimits.DEFAULT.maxPixels(),
            ImageLimits.DEFAULT.timeout(),
            10_000,
            16,
            1,
            64,
            256L << 20);

    /// What an item store is made of.
    public enum Store {
      /// A database on the server's own disk.
      ROCKSDB,
      /// A Redis that several servers share, with a copy on each server's disk.
      REDIS
    }

    public Items {
      boolean addressed = store != Store.REDIS || redis.address() != null;
      Check.all(
          check ->
              check
                  .that(addressed, "redis.address", "be given where items.store is redis", "absent")
                  .range("stateCapacity", stateCapacity, 1, 100_000_000)
                  .range("representationCapacity", representationCapacity, 1, 100_000_000)
                  .notBlank("storeDirectory", storeDirectory)
                  .range("maxUpsertBatch", maxUpsertBatch, 1, 10_000)
                  .range("maxStatsBatch", maxStatsBatch, 1, 100_000)
                  .range("maxImageBytes", maxImageBytes, 1, 1 << 30)
                  .range("maxImageSide", maxImageSide, 1, ImageLimits.LARGEST_SIDE)
                  .range("maxImagePixels", maxImagePixels, 1, ImageLimits.MOST_PIXELS)
                  .range("imageTimeout", imageTimeout, Duration.ofMillis(1), Duration.ofMinutes(10))
                  .range("maxTextChars", maxTextChars, 1, 1_000_000)
                  .range("encodeBatch", encodeBatch, 1, 1024)
                  .range("encodeThreads", encodeThreads, 1, 256)
                  .range("encodeQueueCapacity", encodeQueueCapacity, 1, 100_000)
                  .range("minFreeBytes", minFreeBytes, 0, 1L << 50));
    }

    /// What an image of an item may cost.
    public ImageLimits imageLimits() {
      return new ImageLimits(maxImageSide, maxImagePixels, imageTimeout);
    }
  }

  /// What is kept of users.
  ///
  /// @param stateBytes memory for the user states that each model keeps, with their keys
  public record Users(long stateBytes) {
    static final Users DEFAULT = new Users(256L << 20);

    public Users {
      Check.all(check -> check.range("stateBytes", stateBytes, 0, 1L << 40));
    }
  }

  /// The same with a number of threads that was found out.
  public ServerConfig withThreads(int threads, int intraOpThreads) {
    Engine known =
        new Engine(
            engine.device,
            engine.precision,
            threads,
            intraOpThreads,
            engine.batchRows,
            engine.queueCapacity,
            engine.warmUpTime);
    return new ServerConfig(
        server,
        connections,
        limits,
        admin,
        known,
        scoring,
        items,
        users,
        routing,
        tls,
        access,
        health,
        bundles,
        models,
        overload,
        logging,
        tracing,
        capture,
        exposures,
        oip);
  }

  /// One line `key=value key=value …`, for the log.
  public String describe() {
    return Settings.describe(this);
  }

  private static int cores(int atLeast) {
    return Math.max(atLeast, Runtime.getRuntime().availableProcessors());
  }
}
