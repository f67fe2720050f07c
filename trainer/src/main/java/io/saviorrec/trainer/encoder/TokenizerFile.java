package io.saviorrec.trainer.encoder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// The `tokenizer.json` of a WordPiece vocabulary, as BERT's tokenizer reads texts: `[CLS] text
/// [SEP]`.
final class TokenizerFile {
  static final String UNKNOWN = "[UNK]";
  static final String START = "[CLS]";
  static final String END = "[SEP]";
  static final List<String> SPECIAL = List.of("[PAD]", UNKNOWN, START, END, "[MASK]");

  private TokenizerFile() {}

  /// Writes a vocabulary in which all special tokens are.
  ///
  /// @param vocabulary in the order of its ids; of equal words the last one counts
  /// @param lowerCase whether texts are put in lower case and lose their accents
  static void write(Path file, List<String> vocabulary, boolean lowerCase) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (String special : SPECIAL) {
      added
          .addObject()
          .put("id", id(vocabulary, special))
          .put("content", special)
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
        .put("strip_accents", lowerCase)
        .put("lowercase", lowerCase);
    root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    template(root.putObject("post_processor"), vocabulary);
    root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    ObjectNode model = root.putObject("model");
    model
        .put("type", "WordPiece")
        .put("unk_token", UNKNOWN)
        .put("continuing_subword_prefix", "##")
        .put("max_input_chars_per_word", 100);
    ObjectNode ids = model.putObject("vocab");
    for (int id = 0; id < vocabulary.size(); id++) {
      ids.put(vocabulary.get(id), id);
    }
    try {
      mapper.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), root);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  /// The vocabulary of a file that [#write] made, in the order of its ids.
  static List<String> vocabulary(Path file) {
    try {
      JsonNode ids = new ObjectMapper().readTree(file.toFile()).path("model").path("vocab");
      return ids.propertyStream()
          .sorted(Comparator.comparingInt(entry -> entry.getValue().asInt()))
          .map(Map.Entry::getKey)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  private static int id(List<String> vocabulary, String token) {
    int id = vocabulary.lastIndexOf(token);
    if (id < 0) {
      throw new IllegalArgumentException("the vocabulary has no " + token);
    }
    return id;
  }

  private static void template(ObjectNode processor, List<String> vocabulary) {
    processor.put("type", "TemplateProcessing");
    for (String kind : List.of("single", "pair")) {
      ArrayNode pieces = processor.putArray(kind);
      special(pieces, START);
      piece(pieces, "Sequence", "A", 0);
      special(pieces, END);
      if (kind.equals("pair")) {
        piece(pieces, "Sequence", "B", 1);
        special(pieces, END);
      }
    }
    ObjectNode tokens = processor.putObject("special_tokens");
    for (String special : List.of(START, END)) {
      ObjectNode token = tokens.putObject(special);
      token.put("id", special);
      token.putArray("ids").add(id(vocabulary, special));
      token.putArray("tokens").add(special);
    }
  }

  private static void special(ArrayNode pieces, String token) {
    piece(pieces, "SpecialToken", token, 0);
  }

  private static void piece(ArrayNode pieces, String kind, String id, int type) {
    pieces.addObject().putObject(kind).put("id", id).put("type_id", type);
  }
}
