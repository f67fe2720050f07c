package io.saviorrec.trainer.encoder;

import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Makes a WordPiece tokenizer, BERT's kind, whose vocabulary is the words and characters of a
/// corpus.
///
/// The vocabulary depends only on which words occur how often: special tokens, then characters at
/// the start and inside of words, then whole words, the most frequent first.
public final class TokenizerBuilder {
  static final List<String> SPECIAL = TokenizerFile.SPECIAL;

  /// A word seen once tells nothing about another item; its characters stand for it.
  private static final int MIN_WORD_COUNT = 2;

  private final Map<String, Integer> words = new HashMap<>();

  /// Counts the words of one text.
  public TokenizerBuilder add(String text) {
    StringBuilder word = new StringBuilder();
    // What BertNormalizer does: lower case without accents; Chinese characters are words.
    String plain = Normalizer.normalize(text.toLowerCase(Locale.ROOT), Normalizer.Form.NFD);
    plain
        .codePoints()
        .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
        .forEach(
            c -> {
              boolean alone = isPunctuation(c) || isIdeograph(c);
              if (alone || Character.isWhitespace(c) || Character.isISOControl(c)) {
                count(word);
              } else {
                word.appendCodePoint(c);
              }
              if (alone) {
                count(word.appendCodePoint(c));
              }
            });
    count(word);
    return this;
  }

  private void count(StringBuilder word) {
    if (!word.isEmpty()) {
      words.merge(word.toString(), 1, Integer::sum);
      word.setLength(0);
    }
  }

  private static boolean isIdeograph(int c) {
    return (c >= 0x4E00 && c <= 0x9FFF)
        || (c >= 0x3400 && c <= 0x4DBF)
        || (c >= 0x20000 && c <= 0x2CEAF)
        || (c >= 0xF900 && c <= 0xFAFF)
        || (c >= 0x2F800 && c <= 0x2FA1F);
  }

  private static boolean isPunctuation(int c) {
    if ((c >= 33 && c <= 47)
        || (c >= 58 && c <= 64)
        || (c >= 91 && c <= 96)
        || (c >= 123 && c <= 126)) {
      return true;
    }
    return switch (Character.getType(c)) {
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          true;
      default -> false;
    };
  }

  /// The vocabulary in the order of its ids, at most `size` entries.
  List<String> vocabulary(int size) {
    Map<String, Integer> characters = new TreeMap<>();
    words.forEach(
        (word, count) ->
            word.codePoints()
                .forEach(c -> characters.merge(Character.toString(c), count, Integer::sum)));
    Set<String> entries = new LinkedHashSet<>(SPECIAL);
    // Rare characters of a large script may not push the words out.
    int characterLimit = Math.max(0, (size - SPECIAL.size()) / 4);
    mostFrequent(characters, 1).stream()
        .limit(characterLimit)
        .sorted()
        .forEach(
            c -> {
              entries.add(c);
              entries.add("##" + c);
            });
    for (String word : mostFrequent(words, MIN_WORD_COUNT)) {
      if (entries.size() >= size) {
        break;
      }
      entries.add(word);
    }
    return new ArrayList<>(entries);
  }

  private static List<String> mostFrequent(Map<String, Integer> counts, int least) {
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() >= least)
        .sorted(
            Comparator.comparingInt((Map.Entry<String, Integer> entry) -> -entry.getValue())
                .thenComparing(Map.Entry::getKey))
        .map(Map.Entry::getKey)
        .toList();
  }

  /// Writes the `tokenizer.json` and returns how many entries its vocabulary has, at most `size`.
  public int write(Path file, int size) {
    List<String> entries = vocabulary(size);
    TokenizerFile.write(file, entries, true);
    return entries.size();
  }
}
