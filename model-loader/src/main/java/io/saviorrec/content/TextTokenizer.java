package io.saviorrec.content;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

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
    if (!Files.isRegularFile(tokenizerJson)) {
      throw new ContentException("There is no tokenizer at " + tokenizerJson);
    }
    try {
      return of(Files.readAllBytes(tokenizerJson), tokenizerJson.toString(), maxTokens);
    } catch (IOException e) {
      throw new ContentException("%s cannot be read: %s".formatted(tokenizerJson, e), e);
    }
  }

  /// A tokenizer from the bytes of its file.
  ///
  /// @param name of the file, for errors
  /// @throws ContentException when it is not a tokenizer
  public static TextTokenizer of(byte[] tokenizerJson, String name, int maxTokens) {
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens must be at least 1, was " + maxTokens);
    }
    Map<String, String> options =
        Map.of(
            "addSpecialTokens",
            "true",
            "truncation",
            "true",
            "maxLength",
            Integer.toString(maxTokens),
            "padding",
            "false");
    try {
      return new TextTokenizer(
          HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(tokenizerJson), options),
          maxTokens);
    } catch (IOException | RuntimeException e) {
      throw new ContentException(
          "%s is not a usable tokenizer file: %s".formatted(name, e.getMessage()), e);
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
