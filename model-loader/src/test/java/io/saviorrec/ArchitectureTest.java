package io.saviorrec;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
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
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final Map<String, Set<String>> ROOMS =
      Map.of(
          "config", Set.of(),
          "content", Set.of(),
          "exposure", Set.of(),
          "feature", Set.of(),
          "bundle", Set.of("content", "feature"),
          "explorer", Set.of("bundle"),
          "contract", Set.of("bundle", "feature"),
          "engine", Set.of("bundle", "content", "contract", "feature"));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("/io/saviorrec/proto/"))
          .importPackages("io.saviorrec");

  @Test
  void classesAreFound() {
    assertThat(CLASSES).hasSizeGreaterThan(20);
  }

  @Test
  void onlyTheEngineImportsDjlButForTheTokenizer() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.saviorrec.engine..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("ai.djl..")
                .and(resideOutsideOfPackage("ai.djl.huggingface.tokenizers..")))
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("io.saviorrec.content..")
        .should()
        .dependOnClassesThat(resideInAPackage("ai.djl.huggingface.."))
        .check(CLASSES);
  }

  @Test
  void theEngineDoesNotNeedAnImplementationOfDjl() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai.djl.pytorch..", "org.bytedeco..")
        .check(CLASSES);
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
                    resideOutsideOfPackage("io.saviorrec..")
                        .or(resideInAnyPackage("io.saviorrec.proto..", named(room)))
                        .or(
                            resideInAnyPackage(
                                allowed.stream()
                                    .map(ArchitectureTest::named)
                                    .toArray(String[]::new))))
                .because("that is what the room " + room + " may use")
                .check(CLASSES));
    assertThat(CLASSES)
        .extracting(JavaClass::getPackageName)
        .allMatch(each -> ROOMS.containsKey(each.substring(each.lastIndexOf('.') + 1)));
  }

  private static String named(String room) {
    return "io.saviorrec." + room;
  }

  @Test
  void settingsKnowNoOtherPackage() {
    classes()
        .that()
        .resideInAPackage("io.saviorrec.config..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..", "org.jspecify..", "com.fasterxml.jackson..", "io.saviorrec.config..")
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.saviorrec.(*)..").should().beFreeOfCycles().check(CLASSES);
  }
}
