package io.saviorrec.content;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Turns text into the encoder's token ids by a Hugging Face `tokenizer.json`.
///
/// Concurrency: encoding is read-only and may run on many threads at once; closing may not overlap
/// with it.
public final class TextTokenizer implements AutoCloseable {

  private final HuggingFaceTokenizer tokenizer;
  private final int maxTokens;

  private TextTokenizer(HuggingFaceTokenizer tokenizer, int maxTokens) {
    this.tokenizer = tokenizer;
    this.maxTokens = maxTokens;
  }

  /// Reads a tokenizer whose texts are cut to `maxTokens` tokens, special ones included.
  ///
  /// @throws ContentException when the file is missing or is not a tokenizer
  public static TextTokenizer load(Path tokenizerJson, int maxTokens) {
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens must be at least 1, was " + maxTokens);
    }
    if (!Files.isRegularFile(tokenizerJson)) {
      throw new ContentException("There is no tokenizer at " + tokenizerJson);
    }
    try {
      return new TextTokenizer(
          HuggingFaceTokenizer.builder()
              .optTokenizerPath(tokenizerJson)
              .optAddSpecialTokens(true)
              .optTruncation(true)
              .optMaxLength(maxTokens)
              .optPadding(false)
              .build(),
          maxTokens);
    } catch (IOException | RuntimeException e) {
      throw new ContentException(
          "%s is not a usable tokenizer file: %s".formatted(tokenizerJson, e.getMessage()), e);
    }
  }

  public int maxTokens() {
    return maxTokens;
  }

  /// Token ids of each text, padded with 0 to `maxTokens`.
  public EncodedText encode(List<String> texts) {
    long[] ids = new long[texts.size() * maxTokens];
    boolean[] mask = new boolean[ids.length];
    if (texts.isEmpty()) {
      return new EncodedText(0, maxTokens, ids, mask);
    }
    Encoding[] encodings = tokenizer.batchEncode(texts);
    for (int row = 0; row < encodings.length; row++) {
      long[] tokens = encodings[row].getIds();
      for (int t = 0; t < tokens.length; t++) {
        ids[row * maxTokens + t] = tokens[t];
        mask[row * maxTokens + t] = true;
      }
    }
    return new EncodedText(texts.size(), maxTokens, ids, mask);
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
