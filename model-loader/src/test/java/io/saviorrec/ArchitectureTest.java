package io.saviorrec;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(
              "io.saviorrec.bundle..",
              "io.saviorrec.config..",
              "io.saviorrec.content..",
              "io.saviorrec.contract..",
              "io.saviorrec.engine..",
              "io.saviorrec.feature..");

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
