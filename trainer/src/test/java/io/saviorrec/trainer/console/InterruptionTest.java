package io.saviorrec.trainer.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/// Without a request to end; the end itself is what `TrainingInterruptionIT` is for.
class InterruptionTest {
  @Test
  void workThatNobodyInterruptsEndsAsItWould() throws Exception {
    int result =
        Interruption.run(
            "interrupted",
            () -> {
              Interruption.check();
              return 7;
            });
    assertThat(result).isEqualTo(7);
    Interruption.check();
  }

  @Test
  void failuresOfTheWorkAreItsOwn() {
    UserError error = new UserError("wrong");
    assertThatThrownBy(
            () ->
                Interruption.run(
                    "interrupted",
                    () -> {
                      throw error;
                    }))
        .isSameAs(error);
  }
}
