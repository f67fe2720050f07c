package io.saviorrec.trainer.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {
  @Test
  void takesNamesAndAddresses() {
    assertThat(Target.parse("localhost:8500")).isEqualTo(new Target("localhost", 8500));
    assertThat(Target.parse("[::1]:1")).isEqualTo(new Target("::1", 1));
    assertThat(Target.parse("[::1]:1")).hasToString("[::1]:1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "host", ":80", "host:", "host:0", "host:65536", "host:x", "::1:80"})
  void refusesAnythingElse(String text) {
    assertThatThrownBy(() -> Target.parse(text)).hasMessageContaining("is no HOST:PORT");
  }
}
