package io.saviorrec.loadtest;

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
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final String ROOT = "io.saviorrec.loadtest";
  private static final Map<String, Set<String>> ROOMS =
      Map.of(
          "generator", Set.of(),
          "requests", Set.of(),
          "measure", Set.of("generator", "requests"),
          "report", Set.of("measure"),
          "cli", Set.of("generator", "requests", "measure", "report"));

  private static final JavaClasses LOADTEST =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

  @Test
  void aLoadTestIsAClientAndNothingElse() {
    assertThat(LOADTEST).hasSizeGreaterThan(30);
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            ROOT + "..",
            "io.saviorrec.client..",
            "io.saviorrec.command..",
            "io.saviorrec.proto..",
            "io.grpc..",
            "com.google.protobuf..",
            "com.fasterxml.jackson..",
            "org.HdrHistogram..",
            "org.apache.commons.statistics..",
            "picocli..",
            "java..",
            "org.jspecify..")
        .check(LOADTEST);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(LOADTEST);
  }

  @Test
  void onlyTheCommandLineKnowsPicocliAndJson() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".cli..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("picocli..", "com.fasterxml.jackson..")
        .check(LOADTEST);
  }

  /// What each room may use of the others; a new dependency is a decision and is made here.
  @Test
  void everyRoomUsesOnlyWhatItMay() {
    ROOMS.forEach(
        (room, allowed) ->
            classes()
                .that()
                .resideInAPackage(named(room))
                .should()
                .onlyDependOnClassesThat(
                    resideOutsideOfPackage(ROOT + "..")
                        .or(
                            resideInAnyPackage(
                                Stream.concat(Stream.of(room), allowed.stream())
                                    .map(ArchitectureTest::named)
                                    .toArray(String[]::new))))
                .because("that is what the room " + room + " may use")
                .check(LOADTEST));
    assertThat(LOADTEST)
        .extracting(JavaClass::getPackageName)
        .allMatch(each -> ROOMS.containsKey(each.substring(each.lastIndexOf('.') + 1)));
  }

  private static String named(String room) {
    return ROOT + "." + room;
  }
}
