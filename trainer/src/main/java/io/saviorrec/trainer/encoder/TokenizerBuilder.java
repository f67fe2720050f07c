package io.saviorrec.trainer.encoder;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
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
  static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");
  private static final int CLS = 2;
  private static final int SEP = 3;

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
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int id = 0; id < SPECIAL.size(); id++) {
      added
          .addObject()
          .put("id", id)
          .put("content", SPECIAL.get(id))
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    root.putObject("normalizer")
        .put("type", "BertNormalizer")
        .put("clean_text", true)
        .put("handle_chinese_chars", true)
        .put("strip_accents", true)
        .put("lowercase", true);
    root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    template(root.putObject("post_processor"));
    root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    ObjectNode model = root.putObject("model");
    model
        .put("type", "WordPiece")
        .put("unk_token", SPECIAL.get(1))
        .put("continuing_subword_prefix", "##")
        .put("max_input_chars_per_word", 100);
    ObjectNode ids = model.putObject("vocab");
    List<String> entries = vocabulary(size);
    for (int id = 0; id < entries.size(); id++) {
      ids.put(entries.get(id), id);
    }
    try {
      mapper.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), root);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
    return entries.size();
  }

  /// `[CLS] text [SEP]`.
  private static void template(ObjectNode processor) {
    processor.put("type", "TemplateProcessing");
    for (String kind : List.of("single", "pair")) {
      ArrayNode pieces = processor.putArray(kind);
      special(pieces, SPECIAL.get(CLS));
      piece(pieces, "Sequence", "A", 0);
      special(pieces, SPECIAL.get(SEP));
      if (kind.equals("pair")) {
        piece(pieces, "Sequence", "B", 1);
        special(pieces, SPECIAL.get(SEP));
      }
    }
    ObjectNode tokens = processor.putObject("special_tokens");
    for (int id : new int[] {CLS, SEP}) {
      ObjectNode token = tokens.putObject(SPECIAL.get(id));
      token.put("id", SPECIAL.get(id));
      token.putArray("ids").add(id);
      token.putArray("tokens").add(SPECIAL.get(id));
    }
  }

  private static void special(ArrayNode pieces, String token) {
    piece(pieces, "SpecialToken", token, 0);
  }

  private static void piece(ArrayNode pieces, String kind, String id, int type) {
    pieces.addObject().putObject(kind).put("id", id).put("type_id", type);
  }
}
