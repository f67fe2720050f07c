package io.saviorrec.trainer.pretrained;

import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.Safetensors.DType;
import io.saviorrec.bundle.TensorSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/// A CN-CLIP as small as it goes, of random weights, and the files that others would publish it in.
///
/// Every weight is a multiple of 1/128 of at most eight binary digits, so that half precision of
/// either kind holds it exactly.
public final class TinyClip {
  static final int IMAGE_SIZE = 16;
  static final int PATCH = 8;
  static final int IMAGE_WIDTH = 12;
  static final int IMAGE_LAYERS = 2;
  static final int IMAGE_HEADS = 3;
  static final int IMAGE_MLP = 20;
  static final int TEXT_WIDTH = 8;
  static final int TEXT_LAYERS = 2;
  static final int TEXT_HEADS = 2;
  static final int TEXT_MLP = 24;
  static final int POSITIONS = 20;
  static final int PROJECTION = 12;
  static final float LOG_SCALE = 2.5f;

  static final List<String> WORDS =
      List.of(
          "[PAD]",
          "[unused1]",
          "[UNK]",
          "[CLS]",
          "[SEP]",
          "[MASK]",
          "red",
          "dress",
          "##es",
          "blue",
          "robe",
          "红",
          "色",
          "裙",
          "##s",
          "1",
          "(",
          ")",
          "-",
          "amber",
          "birch",
          "coral",
          "denim",
          "ebony",
          "fern",
          "thing",
          "number",
          "mixed");

  /// A tensor.
  public record Array(float[] values, long... shape) {}

  /// The weights by the names of Hugging Face.
  public final SortedMap<String, Array> weights = new TreeMap<>();

  private final SplittableRandom random;

  public TinyClip(long seed) {
    random = new SplittableRandom(seed);
    image();
    text();
    add("visual_projection.weight", PROJECTION, IMAGE_WIDTH);
    add("text_projection.weight", PROJECTION, TEXT_WIDTH);
    weights.put("logit_scale", new Array(new float[] {LOG_SCALE}));
  }

  /// Words of the vocabulary.
  public static int words() {
    return WORDS.size();
  }

  private void image() {
    String model = "vision_model.";
    add(model + "embeddings.class_embedding", IMAGE_WIDTH);
    add(model + "embeddings.patch_embedding.weight", IMAGE_WIDTH, 3, PATCH, PATCH);
    long side = IMAGE_SIZE / PATCH;
    add(model + "embeddings.position_embedding.weight", side * side + 1, IMAGE_WIDTH);
    linear(model + "pre_layrnorm", IMAGE_WIDTH);
    linear(model + "post_layernorm", IMAGE_WIDTH);
    for (int i = 0; i < IMAGE_LAYERS; i++) {
      String layer = model + "encoder.layers." + i + ".";
      linear(layer + "layer_norm1", IMAGE_WIDTH);
      linear(layer + "layer_norm2", IMAGE_WIDTH);
      for (String name : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
        linear(layer + "self_attn." + name, IMAGE_WIDTH, IMAGE_WIDTH);
      }
      linear(layer + "mlp.fc1", IMAGE_MLP, IMAGE_WIDTH);
      linear(layer + "mlp.fc2", IMAGE_WIDTH, IMAGE_MLP);
    }
  }

  private void text() {
    String embeddings = "text_model.embeddings.";
    add(embeddings + "word_embeddings.weight", WORDS.size(), TEXT_WIDTH);
    add(embeddings + "position_embeddings.weight", POSITIONS, TEXT_WIDTH);
    add(embeddings + "token_type_embeddings.weight", 2, TEXT_WIDTH);
    linear(embeddings + "LayerNorm", TEXT_WIDTH);
    for (int i = 0; i < TEXT_LAYERS; i++) {
      String layer = "text_model.encoder.layer." + i + ".";
      for (String name : List.of("query", "key", "value")) {
        linear(layer + "attention.self." + name, TEXT_WIDTH, TEXT_WIDTH);
      }
      linear(layer + "attention.output.dense", TEXT_WIDTH, TEXT_WIDTH);
      linear(layer + "attention.output.LayerNorm", TEXT_WIDTH);
      linear(layer + "intermediate.dense", TEXT_MLP, TEXT_WIDTH);
      linear(layer + "output.dense", TEXT_WIDTH, TEXT_MLP);
      linear(layer + "output.LayerNorm", TEXT_WIDTH);
    }
  }

  private void linear(String name, long... shape) {
    add(name + ".weight", shape);
    add(name + ".bias", shape[0]);
  }

  private void add(String name, long... shape) {
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(-128, 129) / 128f;
    }
    weights.put(name, new Array(values, shape));
  }

  /// Writes Hugging Face's folder of the whole model.
  public Path folder(Path folder, DType dtype) {
    return folder(folder, chineseClipConfig(), weights, dtype);
  }

  /// Writes Hugging Face's folder of the text tower alone, as a sentence encoder has it: with a
  /// pooler and the numbers of the positions.
  public Path bert(Path folder) {
    SortedMap<String, Array> text = new TreeMap<>();
    weights.forEach(
        (name, array) -> {
          if (name.startsWith("text_model.")) {
            text.put(name.substring("text_model.".length()), array);
          }
        });
    text.put("pooler.dense.weight", new Array(new float[4], 2, 2));
    return folder(folder, textConfig("bert"), text, DType.F32);
  }

  /// Writes a folder of these weights.
  static Path folder(Path folder, String config, Map<String, Array> weights, DType dtype) {
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("config.json"), config);
      Files.write(folder.resolve("vocab.txt"), WORDS);
      Map<String, TensorSource> sources = new LinkedHashMap<>();
      weights.forEach((name, array) -> sources.put(name, source(array, dtype)));
      Safetensors.write(folder.resolve("model.safetensors"), sources);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static TensorSource source(Array array, DType dtype) {
    return new TensorSource(
        dtype, array.shape(), channel -> write(channel, encode(array.values(), dtype)));
  }

  private static void write(WritableByteChannel channel, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  static byte[] encode(float[] values, DType dtype) {
    ByteBuffer out =
        ByteBuffer.allocate(values.length * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (dtype) {
        case F32 -> out.putFloat(value);
        case F16 -> out.putShort(Float.floatToFloat16(value));
        case BF16 -> out.putShort((short) (Float.floatToIntBits(value) >> 16));
        default -> throw new IllegalArgumentException("no weights are " + dtype);
      }
    }
    return out.array();
  }

  static String chineseClipConfig() {
    return """
    {"model_type": "chinese_clip", "projection_dim": %d, "vision_config": {"hidden_size": %d,
     "intermediate_size": %d, "num_hidden_layers": %d, "num_attention_heads": %d, "image_size": %d,
     "patch_size": %d, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-05}, "text_config": %s}
    """
        .formatted(
            PROJECTION,
            IMAGE_WIDTH,
            IMAGE_MLP,
            IMAGE_LAYERS,
            IMAGE_HEADS,
            IMAGE_SIZE,
            PATCH,
            textConfig("chinese_clip_text_model"));
  }

  private static String textConfig(String type) {
    return """
    {"model_type": "%s", "hidden_size": %d, "intermediate_size": %d, "num_hidden_layers": %d,
     "num_attention_heads": %d, "vocab_size": %d, "max_position_embeddings": %d,
     "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12}
    """
        .formatted(type, TEXT_WIDTH, TEXT_MLP, TEXT_LAYERS, TEXT_HEADS, WORDS.size(), POSITIONS);
  }

  /// The weights by the names of CN-CLIP's authors, as a training in several processes saves them.
  public SortedMap<String, Array> original() {
    SortedMap<String, Array> original = new TreeMap<>();
    weights.forEach(
        (name, array) -> {
          if (!name.contains("self_attn.q_proj")
              && !name.contains("self_attn.k_proj")
              && !name.contains("self_attn.v_proj")) {
            Array kept = name.endsWith("_projection.weight") ? transposed(array) : array;
            original.put("module." + originalName(name), kept);
          }
        });
    for (int i = 0; i < IMAGE_LAYERS; i++) {
      String to = "module.visual.transformer.resblocks.%d.attn.in_proj_".formatted(i);
      String from = "vision_model.encoder.layers.%d.self_attn.".formatted(i);
      original.put(to + "weight", stacked(from, "weight", 3 * IMAGE_WIDTH, IMAGE_WIDTH));
      original.put(to + "bias", stacked(from, "bias", 3 * IMAGE_WIDTH));
    }
    return original;
  }

  private static String originalName(String name) {
    return name.replace("text_model.", "bert.")
        .replace("text_projection.weight", "text_projection")
        .replace("visual_projection.weight", "visual.proj")
        .replace("vision_model.embeddings.class_embedding", "visual.class_embedding")
        .replace("vision_model.embeddings.patch_embedding", "visual.conv1")
        .replace("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding")
        .replace("vision_model.pre_layrnorm", "visual.ln_pre")
        .replace("vision_model.post_layernorm", "visual.ln_post")
        .replace("vision_model.encoder.layers", "visual.transformer.resblocks")
        .replace("self_attn.out_proj", "attn.out_proj")
        .replace("layer_norm", "ln_")
        .replace("mlp.fc1", "mlp.c_fc")
        .replace("mlp.fc2", "mlp.c_proj");
  }

  private Array stacked(String layer, String kind, long... shape) {
    List<float[]> parts = new ArrayList<>();
    for (String name : List.of("q_proj.", "k_proj.", "v_proj.")) {
      parts.add(get(layer + name + kind).values());
    }
    float[] all = new float[parts.getFirst().length * parts.size()];
    for (int i = 0; i < parts.size(); i++) {
      System.arraycopy(parts.get(i), 0, all, i * parts.get(i).length, parts.get(i).length);
    }
    return new Array(all, shape);
  }

  private static Array transposed(Array array) {
    int rows = (int) array.shape()[0];
    int columns = (int) array.shape()[1];
    float[] out = new float[array.values().length];
    for (int i = 0; i < out.length; i++) {
      out[i] = array.values()[i % rows * columns + i / rows];
    }
    return new Array(out, columns, rows);
  }

  /// A weight by the name of Hugging Face.
  public Array get(String name) {
    Array array = weights.get(name);
    if (array == null) {
      throw new IllegalArgumentException("no weight " + name);
    }
    return array;
  }
}
