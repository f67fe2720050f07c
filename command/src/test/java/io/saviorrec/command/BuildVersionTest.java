package io.saviorrec.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BuildVersionTest {
  @Test
  void theBuildWroteItsVersionsDown() {
    BuildVersion version = BuildVersion.read();
    assertThat(version.version()).matches("[0-9]+\\.[0-9]+\\.[0-9]+.*");
    assertThat(version.libtorch()).matches("[0-9]+\\.[0-9]+\\.[0-9]+");
    assertThat(version.getVersion())
        .containsExactly(
            "savior " + version.version(),
            "libtorch " + version.libtorch(),
            "Java " + Runtime.version());
  }
}
