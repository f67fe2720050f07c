package io.saviorrec.client;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses CLIENT =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.saviorrec.client");

  @Test
  void theClientUsesTheContractAndGrpcAlone() {
    assertThat(CLIENT).hasSizeGreaterThan(5);
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.saviorrec.client..",
            "io.saviorrec.proto..",
            "io.grpc..",
            "com.google.protobuf..",
            "java..",
            "javax.net.ssl..",
            "org.jspecify..")
        .check(CLIENT);
  }
}
