package io.saviorrec.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextTokenizerTest {

  @TempDir Path folder;

  @Test
  void textsArePaddedToOneWidth() throws IOException {
    try (TextTokenizer tokenizer = TextTokenizer.load(tokenizerFile(), 6)) {
      EncodedText encoded = tokenizer.encode(List.of("Red WIZARD", "杯子", "unheard"));
      assertThat(encoded.rows()).isEqualTo(3);
      assertThat(encoded.width()).isEqualTo(6);
      assertThat(encoded.ids())
          .containsExactly(2, 4, 5, 6, 3, 0, 2, 7, 8, 3, 0, 0, 2, 1, 3, 0, 0, 0);
      assertThat(encoded.mask())
          .containsExactly(
              true, true, true, true, true, false, //
              true, true, true, true, false, false, //
              true, true, true, false, false, false);
    }
  }

  @Test
  void longTextsAreCutAndKeepTheirEnd() throws IOException {
    try (TextTokenizer tokenizer = TextTokenizer.load(tokenizerFile(), 4)) {
      assertThat(tokenizer.encode(List.of("red red red red red")).ids())
          .containsExactly(2, 4, 4, 3);
    }
  }

  @Test
  void anEmptyTextHasOnlySpecialTokens() throws IOException {
    try (TextTokenizer tokenizer = TextTokenizer.load(tokenizerFile(), 4)) {
      assertThat(tokenizer.encode(List.of("")).ids()).containsExactly(2, 3, 0, 0);
      assertThat(tokenizer.encode(List.of()).rows()).isZero();
    }
  }

  @Test
  void aMissingOrMalformedFileIsAnError() throws IOException {
    Path absent = folder.resolve("tokenizer.json");
    assertThatThrownBy(() -> TextTokenizer.load(absent, 4))
        .isInstanceOf(ContentException.class)
        .hasMessage("There is no tokenizer at " + absent);
    Files.writeString(absent, "{\"model\": 3}");
    assertThatThrownBy(() -> TextTokenizer.load(absent, 4))
        .isInstanceOf(ContentException.class)
        .hasMessageStartingWith(absent + " is not a usable tokenizer file");
  }

  private Path tokenizerFile() throws IOException {
    return Files.writeString(folder.resolve("t.json"), TinyTokenizer.JSON);
  }
}
