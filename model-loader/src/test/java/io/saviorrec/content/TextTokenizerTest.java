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

  private static final String TOKENIZER =
      """
      {"version": "1.0", "truncation": null, "padding": null,
       "added_tokens": [
         {"id": 0, "content": "[PAD]", "special": true, "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false},
         {"id": 2, "content": "[CLS]", "special": true, "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false},
         {"id": 3, "content": "[SEP]", "special": true, "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false}],
       "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
         "strip_accents": null, "lowercase": true},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                    {"Sequence": {"id": "A", "type_id": 0}},
                    {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
         "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
         "special_tokens": {
           "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
           "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
       "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
         "max_input_chars_per_word": 100,
         "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "red": 4, "wiz": 5, "##ard": 6,
           "杯": 7, "子": 8}}}
      """;

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
    return Files.writeString(folder.resolve("t.json"), TOKENIZER);
  }
}
