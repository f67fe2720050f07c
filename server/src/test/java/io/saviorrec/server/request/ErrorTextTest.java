package io.saviorrec.server.request;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ErrorTextTest {
  @Test
  void shortTextStaysAsItIs() {
    assertThat(ErrorText.quote("größer")).isEqualTo("\"größer\"");
    assertThat(ErrorText.limit("größer")).isEqualTo("größer");
  }

  @Test
  void cutsWhatACallerSentToAHundredCharacters() {
    assertThat(ErrorText.cut("x".repeat(100))).isEqualTo("x".repeat(100));
    assertThat(ErrorText.cut("x".repeat(101))).isEqualTo("x".repeat(100) + "…");
  }

  @Test
  void cutsNoCharacterInTwo() {
    String faces = "😀".repeat(1000);

    assertThat(ErrorText.cut("x" + faces)).isEqualTo("x" + "😀".repeat(49) + "…");
    assertThat(ErrorText.limit(faces)).isEqualTo("😀".repeat(85) + "…");
  }

  @Test
  void limitsAMessageByWhatItTakesInAHeader() {
    assertThat(ErrorText.limit("x".repeat(5000))).hasSize(1025);
    assertThat(ErrorText.limit("%".repeat(5000))).hasSize(342);
  }

  @Test
  void controlCharactersDoNotReachALog() {
    assertThat(ErrorText.limit("a\nb\r\u0000\u001b[31m\u0085")).isEqualTo("a?b???[31m?");
    // This one turns what follows it round.
    assertThat(ErrorText.quote("a\u202eb")).isEqualTo("\"a?b\"");
  }
}
