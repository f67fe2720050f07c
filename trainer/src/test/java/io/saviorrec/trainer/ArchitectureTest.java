package io.saviorrec.trainer;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses TRAINER =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.saviorrec.trainer");

  @Test
  void classesAreFound() {
    assertThat(TRAINER).hasSizeGreaterThan(100);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.saviorrec.trainer.(*)..").should().beFreeOfCycles().check(TRAINER);
  }

  @Test
  void onlyTheMainPackageKnowsEveryOther() {
    noClasses()
        .that()
        .resideInAPackage("io.saviorrec.trainer.*..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.saviorrec.trainer")
        .check(TRAINER);
  }

  @Test
  void onlyTheStagesComputeWithTensors() {
    onlyIn(
        new String[] {
          "torch",
          "optim",
          "contrast",
          "encoder",
          "quantizer",
          "ranker",
          "export",
          "evaluate",
          "train"
        },
        "org.bytedeco..");
  }

  @Test
  void onlyTheClientCallsAServer() {
    onlyIn(new String[] {"client"}, "io.grpc..");
  }

  @Test
  void onlyReadingAndWritingDataSetsTakesSql() {
    onlyIn(new String[] {"data", "synth", "movielens"}, "org.duckdb..", "java.sql..");
  }

  @Test
  void theServersEngineStaysOutside() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai.djl..", "io.saviorrec.engine..", "io.saviorrec.server..")
        .check(TRAINER);
  }

  @Test
  void theGeneratedWorldLearnsNothingFromTheModel() {
    noClasses()
        .that()
        .resideInAnyPackage("io.saviorrec.trainer.synth..", "io.saviorrec.trainer.data..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.saviorrec.trainer.ranker..", "io.saviorrec.trainer.encoder..")
        .check(TRAINER);
  }

  private static void onlyIn(String[] packages, String... libraries) {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            Arrays.stream(packages)
                .map(name -> "io.saviorrec.trainer." + name + "..")
                .toArray(String[]::new))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(libraries)
        .check(TRAINER);
  }
}
