package io.saviorrec.trainer.encoder;

import io.saviorrec.content.EncodedText;
import io.saviorrec.content.TextTokenizer;
import io.saviorrec.trainer.console.DiskFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// How many tokens texts have, by a tokenizer made of them.
public final class TextLength {
  /// Longer texts count as this long.
  private static final int LONGEST = 512;

  private TextLength() {}

  /// The tokens that a share of the texts do not exceed, `[CLS]` and `[SEP]` included; 0 without
  /// texts.
  public static int quantile(List<String> texts, int vocabularySize, double share) {
    if (texts.isEmpty()) {
      return 0;
    }
    TokenizerBuilder builder = new TokenizerBuilder();
    texts.forEach(builder::add);
    int[] lengths = lengths(texts, builder, vocabularySize);
    Arrays.sort(lengths);
    return lengths[Math.clamp((long) Math.ceil(share * lengths.length) - 1, 0, lengths.length - 1)];
  }

  private static int[] lengths(List<String> texts, TokenizerBuilder builder, int vocabularySize) {
    int[] lengths = new int[texts.size()];
    try {
      Path file = Files.createTempFile("saviorrec-tokenizer", ".json");
      try {
        builder.write(file, vocabularySize);
        try (TextTokenizer tokenizer = TextTokenizer.load(file, LONGEST)) {
          for (int i = 0; i < lengths.length; i++) {
            EncodedText encoded = tokenizer.encode(List.of(texts.get(i)));
            for (boolean there : encoded.mask()) {
              lengths[i] += there ? 1 : 0;
            }
          }
        }
        return lengths;
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw DiskFault.writing(Path.of(System.getProperty("java.io.tmpdir")), e);
    }
  }
}
