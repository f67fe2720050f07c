package io.saviorrec.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses SERVER =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.saviorrec.server");

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

  @Test
  void onlyGrpcImportsGrpc() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.saviorrec.server.grpc")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.grpc..")
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
  void theTrainerAndTheTensorLibrariesStayOutside() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.saviorrec.trainer..", "org.bytedeco..", "ai.djl..")
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
            "io.saviorrec.server.routing",
            "io.saviorrec.server.config",
            "io.saviorrec.server.request")
        .check(SERVER);
  }
}
