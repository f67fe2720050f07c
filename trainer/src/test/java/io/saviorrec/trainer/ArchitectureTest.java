package io.saviorrec.trainer;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.prepare.TrueContent;
import io.saviorrec.trainer.data.prepare.TruthReference;
import io.saviorrec.trainer.evaluate.ContentReach;
import io.saviorrec.trainer.evaluate.Evaluation;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;

class ArchitectureTest {
  private static final String DATA = "io.saviorrec.trainer.data";
  private static final String DATA_TABLE = DATA + ".table..";
  private static final String DATA_PREPARE = DATA + ".prepare..";
  private static final String DATA_LOG = DATA + ".log..";

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
  void onlyTheStagesComputeWithTensors() {
    onlyIn(
        new String[] {
          "torch",
          "optim",
          "loop",
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
  void noRoomKnowsTheCommands() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.saviorrec.trainer.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.saviorrec.trainer.cli..")
        .check(TRAINER);
  }

  @Test
  void commandsAreInOneRoom() {
    classes()
        .that()
        .areAnnotatedWith(Command.class)
        .should()
        .resideInAPackage("io.saviorrec.trainer.cli..")
        .check(TRAINER);
    onlyIn(new String[] {"cli"}, "picocli..");
  }

  @Test
  void onlyCommandsAndTheDemoCallAServerAndByTheClientAlone() {
    onlyIn(new String[] {"cli", "demo"}, "io.saviorrec.client..");
    // Of gRPC the entry knows a failed call's status code.
    onlyIn(new String[] {"cli"}, "io.grpc..");
  }

  @Test
  void onlyReadingAndWritingDataSetsTakesSql() {
    onlyIn(
        new String[] {"data.table", "data.prepare", "synth", "movielens"},
        "org.duckdb..",
        "java.sql..");
  }

  /// `%d` and `%s` of a number write other digits under some locales, which no database reads.
  @Test
  void sqlIsNeverFormattedByTheMachinesLocale() {
    noClasses()
        .that()
        .resideInAnyPackage(
            DATA + "..", "io.saviorrec.trainer.synth..", "io.saviorrec.trainer.movielens..")
        .should()
        .callMethod(String.class, "formatted", Object[].class)
        .orShould()
        .callMethod(String.class, "format", String.class, Object[].class)
        .check(TRAINER);
  }

  @Test
  void roomsOfDataHaveNoCycles() {
    slices().matching("io.saviorrec.trainer.data.(*)..").should().beFreeOfCycles().check(TRAINER);
  }

  @Test
  void rawTablesAndTheLogKnowNeitherEachOtherNorPreparation() {
    noneUses(DATA_TABLE, DATA_LOG, DATA_PREPARE, DATA);
    noneUses(DATA_LOG, DATA_TABLE, DATA_PREPARE, DATA);
  }

  @Test
  void preparationDoesNotKnowWhoAsksForIt() {
    noneUses(DATA_PREPARE, DATA);
  }

  @Test
  void theLogKnowsNoFilesOfTables() {
    noneUses(
        DATA_LOG, "org.duckdb..", "java.sql..", "com.fasterxml.jackson..", "io.saviorrec.proto..");
  }

  @Test
  void trainingReadsTheLogAndNotTables() {
    for (String stage : new String[] {"contrast", "encoder", "quantizer", "ranker", "metric"}) {
      noneUses("io.saviorrec.trainer." + stage + "..", DATA_TABLE, DATA_PREPARE);
    }
  }

  @Test
  void onlyAnEvaluationLooksAtTheTruth() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.saviorrec.trainer.evaluate..")
        .should()
        .callMethod(DataSet.class, "truth")
        .orShould()
        .callMethod(DataSet.class, "trueContent")
        .check(TRAINER);
    noClasses()
        .that()
        .resideOutsideOfPackages("io.saviorrec.trainer.evaluate..", DATA, DATA_PREPARE)
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(TruthReference.class, TrueContent.class)
        .check(TRAINER);
  }

  /// A run measures its validation period by the room that reads the truth, but not with it.
  @Test
  void trainingAsksForNoEvaluation() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.saviorrec.trainer.evaluate..", "io.saviorrec.trainer.cli..")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Evaluation.class, ContentReach.class)
        .check(TRAINER);
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

  private static void noneUses(String room, String... others) {
    noClasses()
        .that()
        .resideInAPackage(room)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others)
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
