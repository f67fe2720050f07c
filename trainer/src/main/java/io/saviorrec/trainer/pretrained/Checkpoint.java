package io.saviorrec.trainer.pretrained;

import io.saviorrec.bundle.FileHash;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/// An open checkpoint: its shape, its vocabulary and its weights.
///
/// It is a folder with `config.json`, `model.safetensors` or `pytorch_model.bin`, and `vocab.txt`;
/// or CN-CLIP's own `.pt` with `vocab.txt` beside it.
public final class Checkpoint implements AutoCloseable {
  private static final String CONFIG = "config.json";
  private static final String VOCABULARY = "vocab.txt";
  private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  private static final List<String> WEIGHTS = List.of("model.safetensors", "pytorch_model.bin");

  /// How the weights are named.
  public enum Format {
    /// As in Hugging Face's `ChineseCLIPModel`.
    CHINESE_CLIP,
    /// As in the `.pt` files of CN-CLIP's authors.
    CN_CLIP,
    /// As in Hugging Face's `BertModel`: a text tower alone.
    BERT
  }

  private final Path path;
  private final Format format;
  private final Shape shape;
  private final WeightFile file;
  private final SortedMap<String, Weight> weights;
  private final List<String> vocabulary;
  private final boolean lowerCase;
  private final List<Path> parts;

  private Checkpoint(
      Path path, Format format, Shape shape, WeightFile file, Path folder, List<Path> parts)
      throws IOException {
    this.path = path;
    this.format = format;
    this.shape = shape;
    this.file = file;
    this.weights = named(format, file);
    Path words = require(folder.resolve(VOCABULARY));
    this.vocabulary = lines(words);
    Path tokenizer = folder.resolve(TOKENIZER_CONFIG);
    boolean configured = Files.isRegularFile(tokenizer);
    this.lowerCase =
        !configured || ConfigFile.tree(tokenizer).path("do_lower_case").asBoolean(true);
    this.parts =
        Stream.concat(parts.stream(), configured ? Stream.of(words, tokenizer) : Stream.of(words))
            .toList();
    if (vocabulary.size() > shape.text().words()) {
      throw new UserError(
          "%s has %d words and the checkpoint's table %d: they are not of one model"
              .formatted(words, vocabulary.size(), shape.text().words()));
    }
  }

  /// Opens a checkpoint, and reads all of it but the weights' numbers.
  ///
  /// @throws UserError when it is none, or of a kind that this program has no network for
  public static Checkpoint open(Path path) {
    try {
      if (Files.isDirectory(path)) {
        return openFolder(path);
      }
      if (Files.isRegularFile(path)) {
        return openFile(path);
      }
    } catch (IOException e) {
      throw new UserError("the checkpoint %s cannot be read: %s".formatted(path, e), e);
    }
    throw new UserError("encoder.checkpoint: there is no %s".formatted(path));
  }

  private static Checkpoint openFolder(Path folder) throws IOException {
    Path weights =
        WEIGHTS.stream()
            .map(folder::resolve)
            .filter(Files::isRegularFile)
            .findFirst()
            .orElseThrow(
                () ->
                    new UserError(
                        "the checkpoint %s has no %s"
                            .formatted(folder, String.join(" and no ", WEIGHTS))));
    Path config = require(folder.resolve(CONFIG));
    Shape shape = ConfigFile.shape(config);
    Format format = shape.image() == null ? Format.BERT : Format.CHINESE_CLIP;
    WeightFile file = WeightFile.open(weights);
    try {
      return new Checkpoint(folder, format, shape, file, folder, List.of(config, weights));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static Checkpoint openFile(Path path) throws IOException {
    WeightFile file = WeightFile.open(path);
    try {
      Shape shape = CnClipFile.shape(path, named(Format.CN_CLIP, file));
      Path folder = Objects.requireNonNull(path.toAbsolutePath().getParent());
      return new Checkpoint(path, Format.CN_CLIP, shape, file, folder, List.of(path));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /// The weights without what wrappers put before their names, and with the names of today.
  private static SortedMap<String, Weight> named(Format format, WeightFile file) {
    String wrapper =
        switch (format) {
          case CHINESE_CLIP -> "";
          case CN_CLIP -> "module.";
          case BERT -> "bert.";
        };
    SortedMap<String, Weight> named = new TreeMap<>();
    file.weights()
        .forEach(
            (name, weight) ->
                named.put(
                    (name.startsWith(wrapper) ? name.substring(wrapper.length()) : name)
                        .replaceFirst("LayerNorm\\.gamma$", "LayerNorm.weight")
                        .replaceFirst("LayerNorm\\.beta$", "LayerNorm.bias"),
                    weight));
    return Collections.unmodifiableSortedMap(named);
  }

  private static Path require(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UserError("the checkpoint needs %s, which is missing".formatted(file));
    }
    return file;
  }

  private static List<String> lines(Path file) throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (CharacterCodingException e) {
      throw new UserError(file + " is not UTF-8 text", e);
    }
  }

  /// What the checkpoint is called where something is wrong with it.
  public Path path() {
    return path;
  }

  public Format format() {
    return format;
  }

  public Shape shape() {
    return shape;
  }

  /// All weights, also those that no encoder needs.
  public SortedMap<String, Weight> weights() {
    return weights;
  }

  /// The words in the order of their ids.
  public List<String> vocabulary() {
    return Collections.unmodifiableList(vocabulary);
  }

  /// Whether texts are put in lower case and lose their accents.
  public boolean lowerCase() {
    return lowerCase;
  }

  /// The SHA-256 of all that was read, in lower-case hexadecimal.
  public String hash() {
    try {
      StringBuilder hashes = new StringBuilder();
      for (Path part : parts) {
        hashes.append(FileHash.sha256(part)).append(' ');
      }
      return FileHash.sha256(
          MemorySegment.ofArray(hashes.toString().getBytes(StandardCharsets.US_ASCII)));
    } catch (IOException e) {
      throw new UserError("the checkpoint %s cannot be read: %s".formatted(path, e), e);
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
