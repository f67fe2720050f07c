package io.saviorrec.server;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.server.access.ServerTls;
import io.saviorrec.server.engine.ModelEngine;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.Date;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final String ROOT = "io.saviorrec.server";
  private static final JavaClasses SERVER =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.saviorrec.server");

  /// Rooms that say when something happened, and measure nothing by it.
  private static final String[] READ_THE_CLOCK = {ROOT + ".tracing"};

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.saviorrec.server.(*)..").should().beFreeOfCycles().check(SERVER);
  }

  @Test
  void onlyTheMainPackageKnowsEveryOther() {
    noClasses()
        .that()
        .resideInAPackage("io.saviorrec.server.*..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.saviorrec.server")
        .check(SERVER);
  }

  /// But for two things that gRPC brings: Netty, which the admin pages are served by, and the
  /// managers of keys and trust.
  @Test
  void onlyGrpcImportsGrpc() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.saviorrec.server.grpc")
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.grpc..")
                .and(not(resideInAnyPackage("io.grpc.netty.shaded.io.netty..", "io.grpc.util"))))
        .check(SERVER);
    noClasses()
        .that()
        .resideOutsideOfPackages("io.saviorrec.server.grpc", "io.saviorrec.server.admin")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.grpc.netty..")
        .check(SERVER);
    noClasses()
        .that()
        .resideOutsideOfPackages("io.saviorrec.server.grpc", "io.saviorrec.server.access")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.grpc.util")
        .check(SERVER);
  }

  @Test
  void onlyConfigReadsTheEnvironment() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.saviorrec.server.config")
        .should()
        .callMethod(System.class, "getenv")
        .orShould()
        .callMethod(System.class, "getenv", String.class)
        .orShould()
        .callMethod(System.class, "getProperty", String.class)
        .check(SERVER);
  }

  /// A clock that is set must neither end a call early nor keep one for ever; durations are
  /// differences of `System.nanoTime`.
  @Test
  void nothingMeasuresTimeByTheClock() {
    noClasses()
        .that()
        .resideOutsideOfPackages(READ_THE_CLOCK)
        .and()
        // The dates of a certificate are such.
        .doNotHaveFullyQualifiedName(ServerTls.Validity.class.getName())
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(Instant.class, "now", Clock.class)
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(Clock.class, Date.class, LocalDateTime.class)
        .check(SERVER);
  }

  @Test
  void onlyEngineRunsModels() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.saviorrec.server.engine")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("io.saviorrec.engine.LoadedModel")
        .check(SERVER);
  }

  @Test
  void onlyStoreKnowsRocksDb() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.saviorrec.server.store")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.rocksdb..")
        .check(SERVER);
  }

  @Test
  void onlyStoreKnowsRedis() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.saviorrec.server.store")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("redis..")
        .check(SERVER);
  }

  @Test
  void onlyTracingKnowsOpenTelemetry() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.saviorrec.server.tracing")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.opentelemetry..")
        .check(SERVER);
  }

  @Test
  void theTrainerAndTheTensorLibrariesStayOutside() {
    noClasses()
        .that()
        // It sets how many threads libtorch uses, which nothing but DJL's engine can.
        .doNotHaveFullyQualifiedName("io.saviorrec.server.engine.EngineThreads")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.saviorrec.trainer..", "org.bytedeco..", "ai.djl..")
        .check(SERVER);
  }

  /// What each room may use of the others; a new dependency is a decision and is made here.
  @Test
  void everyRoomUsesOnlyWhatItMay() {
    Map<String, Set<String>> rooms = new TreeMap<>();
    rooms.put("request", Set.of());
    rooms.put("config", Set.of());
    rooms.put("metrics", Set.of("request"));
    rooms.put("logging", Set.of("config", "metrics"));
    rooms.put("store", Set.of());
    rooms.put("admission", Set.of("config", "request"));
    rooms.put("batching", Set.of("admission", "request"));
    rooms.put("engine", Set.of("config"));
    rooms.put("bench", Set.of("engine", "config"));
    rooms.put("states", Set.of("store", "engine", "request"));
    rooms.put("routing", Set.of("config", "request"));
    rooms.put("health", Set.of("request"));
    rooms.put("access", Set.of("config", "request"));
    rooms.put("admin", Set.of("health", "access"));
    rooms.put(
        "registry",
        Set.of(
            "states",
            "store",
            "engine",
            "routing",
            "admission",
            "batching",
            "metrics",
            "config",
            "request"));
    rooms.put(
        "upsert",
        Set.of(
            "registry",
            "store",
            "engine",
            "admission",
            "batching",
            "metrics",
            "config",
            "request"));
    rooms.put(
        "scoring",
        Set.of(
            "registry",
            "states",
            "store",
            "engine",
            "admission",
            "batching",
            "health",
            "metrics",
            "routing",
            "config",
            "request"));
    rooms.put("exposures", Set.of("scoring", "routing", "config", "metrics", "request"));
    rooms.put("capture", Set.of("scoring", "config", "metrics", "request"));
    rooms.put("tracing", Set.of("config", "metrics", "request"));
    rooms.put(
        "grpc",
        Set.of(
            "scoring",
            "oip",
            "upsert",
            "admission",
            "access",
            "store",
            "config",
            "request",
            "tracing"));
    rooms.put("oip", Set.of("scoring", "request"));
    rooms.put(
        "explore",
        Set.of(
            "admin",
            "access",
            "scoring",
            "upsert",
            "registry",
            "states",
            "store",
            "routing",
            "config",
            "request"));
    rooms.forEach(ArchitectureTest::uses);

    Set<String> present = new TreeSet<>();
    for (JavaClass each : SERVER) {
      present.add(each.getPackageName());
    }
    Set<String> ruled = new TreeSet<>(Set.of(ROOT));
    rooms.keySet().forEach(room -> ruled.add(ROOT + "." + room));
    assertThat(present).isEqualTo(ruled);
  }

  private static void uses(String room, Set<String> allowed) {
    String[] own = {ROOT + "." + room};
    String[] others =
        Stream.concat(Stream.of(own), allowed.stream().map(each -> ROOT + "." + each))
            .toArray(String[]::new);
    classes()
        .that()
        .resideInAnyPackage(own)
        .should()
        .onlyDependOnClassesThat(
            resideOutsideOfPackages(ROOT, ROOT + "..").or(resideInAnyPackage(others)))
        .because("that is what the room " + room + " may use")
        .check(SERVER);
  }

  /// But for a benchmark's own, which no call uses.
  @Test
  void onlyRegistryLetsModelsGo() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".registry", ROOT + ".engine", ROOT + ".bench")
        .should()
        .callMethod(ModelEngine.class, "close")
        .orShould()
        .callMethod(ItemTable.class, "close")
        .check(SERVER);
  }

  @Test
  void routingDecidesWithoutLoadedModels() {
    classes()
        .that()
        .resideInAPackage("io.saviorrec.server.routing")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "org.jspecify..",
            "io.saviorrec.config",
            "io.saviorrec.server.routing",
            "io.saviorrec.server.config",
            "io.saviorrec.server.request")
        .check(SERVER);
  }
}
