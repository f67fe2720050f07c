package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.content.EncodedText;
import io.saviorrec.content.TextTokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TokenizerBuilderTest {
  @TempDir private Path folder;

  private static TokenizerBuilder corpus() {
    return new TokenizerBuilder()
        .add("Red Shoes, size 42")
        .add("red shoes for Émile")
        .add("blue shoes 鞋子");
  }

  @Test
  void ordersSpecialTokensThenCharactersThenFrequentWords() {
    List<String> vocabulary = corpus().vocabulary(400);
    assertThat(vocabulary).startsWith("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");
    assertThat(vocabulary).contains("e", "##e", ",", "鞋", "子").doesNotHaveDuplicates();
    // Three times and twice; what occurs once is left to its characters.
    assertThat(vocabulary.subList(vocabulary.size() - 2, vocabulary.size()))
        .containsExactly("shoes", "red");
  }

  @Test
  void encodesKnownWordsWholeAndOthersByCharacter() {
    Path file = folder.resolve("tokenizer.json");
    int size = corpus().write(file, 400);
    List<String> vocabulary = corpus().vocabulary(400);
    assertThat(size).isEqualTo(vocabulary.size());
    try (TextTokenizer tokenizer = TextTokenizer.load(file, 8)) {
      EncodedText text = tokenizer.encode(List.of("RED shoes", "sile", "ж", "", "émile 鞋"));
      assertThat(tokens(text, 0, vocabulary)).containsExactly("[CLS]", "red", "shoes", "[SEP]");
      assertThat(tokens(text, 1, vocabulary))
          .containsExactly("[CLS]", "s", "##i", "##l", "##e", "[SEP]");
      assertThat(tokens(text, 2, vocabulary)).containsExactly("[CLS]", "[UNK]", "[SEP]");
      assertThat(tokens(text, 3, vocabulary)).containsExactly("[CLS]", "[SEP]");
      assertThat(tokens(text, 4, vocabulary))
          .containsExactly("[CLS]", "e", "##m", "##i", "##l", "##e", "鞋", "[SEP]");
    }
  }

  private static List<String> tokens(EncodedText text, int row, List<String> vocabulary) {
    return java.util.stream.IntStream.range(row * text.width(), (row + 1) * text.width())
        .filter(i -> text.mask()[i])
        .mapToObj(i -> vocabulary.get((int) text.ids()[i]))
        .toList();
  }

  @Test
  void neverExceedsItsSizeAndKeepsTheMostFrequent() {
    List<String> vocabulary = corpus().vocabulary(20);
    assertThat(vocabulary).hasSizeLessThanOrEqualTo(20).contains("shoes");
  }

  @Test
  void writesTheSameFileForTheSameWordsInAnyOrder() throws Exception {
    corpus().write(folder.resolve("a.json"), 400);
    new TokenizerBuilder()
        .add("blue shoes 鞋子")
        .add("red shoes for Émile")
        .add("Red Shoes, size 42")
        .write(folder.resolve("b.json"), 400);
    assertThat(Files.readString(folder.resolve("b.json")))
        .isEqualTo(Files.readString(folder.resolve("a.json")));
  }
}
