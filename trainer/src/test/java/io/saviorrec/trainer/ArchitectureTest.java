package io.saviorrec.trainer;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.prepare.TrueContent;
import io.saviorrec.trainer.data.prepare.TruthReference;
import io.saviorrec.trainer.evaluate.ContentReach;
import io.saviorrec.trainer.evaluate.Evaluation;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;

class ArchitectureTest {
  private static final String ROOT = "io.saviorrec.trainer";
  private static final String DATA = ROOT + ".data";
  private static final String DATA_TABLE = DATA + ".table..";
  private static final String DATA_PREPARE = DATA + ".prepare..";
  private static final String DATA_LOG = DATA + ".log..";

  private static final JavaClasses TRAINER =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

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
          "train",
          "bench"
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
    onlyIn(new String[] {"cli", "demo", "process", "bench", "simulation"}, "io.saviorrec.client..");
    onlyIn(new String[] {"cli", "serving", "bench", "report"}, "io.saviorrec.loadtest..");
    // The entry knows a failed call's status code.
    onlyIn(new String[] {"cli"}, "io.grpc..");
  }

  @Test
  void onlyReadingAndWritingDataSetsTakesSql() {
    onlyIn(
        new String[] {"data.table", "data.prepare", "synth", "movielens", "exposures"},
        "org.duckdb..",
        "java.sql..");
  }

  /// `%d` and `%s` of a number write other digits under some locales, which no database reads.
  @Test
  void sqlIsNeverFormattedByTheMachinesLocale() {
    noClasses()
        .that()
        .resideInAnyPackage(
            DATA + "..",
            "io.saviorrec.trainer.synth..",
            "io.saviorrec.trainer.movielens..",
            "io.saviorrec.trainer.exposures..")
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

  /// And simulated users, who click by it.
  @Test
  void onlyAnEvaluationLooksAtTheTruth() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "io.saviorrec.trainer.evaluate..", "io.saviorrec.trainer.simulation..")
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

  /// It may be larger than memory.
  @Test
  void whatTrainsAndMeasuresNeverReadsTheWholeLog() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.saviorrec.trainer.train..",
            "io.saviorrec.trainer.ranker..",
            "io.saviorrec.trainer.export..",
            "io.saviorrec.trainer.evaluate..",
            "io.saviorrec.trainer.fallback..")
        .should()
        .callMethod(DataSet.class, "log")
        .check(TRAINER);
  }

  /// A run measures its validation period by the room that reads the truth, but not with it.
  @Test
  void trainingAsksForNoEvaluation() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "io.saviorrec.trainer.evaluate..",
            "io.saviorrec.trainer.tables..",
            "io.saviorrec.trainer.report..",
            "io.saviorrec.trainer.cli..")
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

  /// What each room may use of the others; a new dependency is a decision and is made here.
  @Test
  void everyRoomUsesOnlyWhatItMay() {
    Map<String, Set<String>> rooms = new TreeMap<>();
    rooms.put("console", Set.of());
    rooms.put("metric", Set.of());
    rooms.put("optim", Set.of());
    rooms.put("torch", Set.of("console"));
    rooms.put("loop", Set.of("optim", "torch", "console"));
    rooms.put("data.log", Set.of("console"));
    rooms.put("data.table", Set.of("console"));
    rooms.put("data.prepare", Set.of("data.table", "data.log", "console"));
    rooms.put("data", Set.of("data.table", "data.prepare", "data.log", "console"));
    rooms.put("contrast", Set.of("data.log", "torch"));
    rooms.put("pretrained", Set.of("console"));
    rooms.put("encoder", Set.of("pretrained", "contrast", "loop", "optim", "torch", "console"));
    rooms.put("quantizer", Set.of("contrast", "loop", "optim", "torch", "console"));
    rooms.put("ranker", Set.of("data.log", "loop", "optim", "torch", "console"));
    rooms.put("fallback", Set.of("ranker", "data.log", "console"));
    rooms.put(
        "evaluate",
        Set.of(
            "fallback",
            "data",
            "data.prepare",
            "data.table",
            "data.log",
            "metric",
            "ranker",
            "torch",
            "console"));
    rooms.put(
        "check", Set.of("data", "data.prepare", "data.table", "data.log", "evaluate", "console"));
    rooms.put(
        "export", Set.of("encoder", "ranker", "fallback", "torch", "data", "data.log", "console"));
    rooms.put(
        "train",
        Set.of(
            "encoder",
            "quantizer",
            "ranker",
            "contrast",
            "loop",
            "torch",
            "evaluate",
            "export",
            "data",
            "data.prepare",
            "data.log",
            "console"));
    rooms.put(
        "tables",
        Set.of(
            "train", "evaluate", "ranker", "quantizer", "data", "data.log", "metric", "console"));
    rooms.put(
        "report",
        Set.of("tables", "evaluate", "data", "data.table", "data.log", "metric", "console"));
    rooms.put("synth", Set.of("data.table", "data.log", "metric", "console"));
    rooms.put("movielens", Set.of("data.table", "data.prepare", "data.log", "console"));
    rooms.put("exposures", Set.of("data.table", "data.prepare", "data.log", "console"));
    rooms.put("experiment", Set.of("exposures", "console"));
    rooms.put(
        "simulation", Set.of("experiment", "exposures", "process", "data", "data.log", "console"));
    rooms.put("serving", Set.of("data", "data.log", "console"));
    rooms.put("process", Set.of("console"));
    rooms.put("demo", Set.of("process", "serving", "data", "data.log", "console"));
    rooms.put(
        "bench",
        Set.of("ranker", "encoder", "quantizer", "train", "export", "torch", "process", "console"));
    rooms.put("refresh", Set.of("data", "data.log", "evaluate", "export", "torch", "console"));
    rooms.put("cli", Set.copyOf(rooms.keySet()));
    rooms.forEach(ArchitectureTest::uses);

    Set<String> present = new TreeSet<>();
    for (JavaClass each : TRAINER) {
      present.add(each.getPackageName());
    }
    Set<String> ruled = new TreeSet<>(Set.of(ROOT));
    rooms.keySet().forEach(room -> ruled.add(ROOT + "." + room));
    assertThat(present).isEqualTo(ruled);
  }

  private static void uses(String room, Set<String> allowed) {
    String own = ROOT + "." + room;
    String[] others =
        Stream.concat(Stream.of(own), allowed.stream().map(each -> ROOT + "." + each))
            .toArray(String[]::new);
    classes()
        .that()
        .resideInAPackage(own)
        .should()
        .onlyDependOnClassesThat(resideOutsideOfPackage(ROOT + "..").or(resideInAnyPackage(others)))
        .because("that is what the room " + room + " may use")
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
