package io.saviorrec.trainer.pretrained;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.pretrained.Shape.ImageTower;
import io.saviorrec.trainer.pretrained.Shape.TextTower;
import io.saviorrec.trainer.pretrained.Shape.Tower;
import java.io.IOException;
import java.nio.file.Path;

/// A `config.json` of Hugging Face: the shape of a `ChineseCLIPModel` or of a BERT.
///
/// What a file leaves out has the value that Hugging Face's classes give it. What would make
/// another network of the same weights is an error.
final class ConfigFile {
  private static final JsonMapper JSON = new JsonMapper();

  private final Path file;

  private ConfigFile(Path file) {
    this.file = file;
  }

  static Shape shape(Path file) throws IOException {
    return new ConfigFile(file).read();
  }

  /// A JSON file.
  static JsonNode tree(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new UserError("%s is not JSON: %s".formatted(file, e.getOriginalMessage()), e);
    }
  }

  private Shape read() throws IOException {
    JsonNode root = tree(file);
    String type = root.path("model_type").asText();
    return switch (type) {
      case "chinese_clip" ->
          new Shape(
              image(root.path("vision_config"), "vision_config."),
              text(root.path("text_config"), "text_config."),
              number(root, "", "projection_dim", 512));
      case "bert" -> new Shape(null, text(root, ""), 0);
      default ->
          throw new UserError(
              "%s: model_type must be chinese_clip or bert, was \"%s\"".formatted(file, type));
    };
  }

  private ImageTower image(JsonNode config, String section) {
    require(config, section, "hidden_act", "quick_gelu");
    require(config, section, "layer_norm_eps", 1e-5);
    int size = number(config, section, "image_size", 224);
    int patch = number(config, section, "patch_size", 32);
    if (size % patch != 0) {
      throw new UserError(
          "%s: %spatch_size must divide image_size %d, was %d"
              .formatted(file, section, size, patch));
    }
    return new ImageTower(tower(config, section), size, patch);
  }

  private TextTower text(JsonNode config, String section) {
    require(config, section, "hidden_act", "gelu");
    require(config, section, "layer_norm_eps", 1e-12);
    require(config, section, "position_embedding_type", "absolute");
    return new TextTower(
        tower(config, section),
        number(config, section, "vocab_size", 30_522),
        number(config, section, "max_position_embeddings", 512),
        number(config, section, "type_vocab_size", 2));
  }

  private Tower tower(JsonNode config, String section) {
    int width = number(config, section, "hidden_size", 768);
    int heads = number(config, section, "num_attention_heads", 12);
    if (width % heads != 0) {
      throw new UserError(
          "%s: %snum_attention_heads must divide hidden_size %d, was %d"
              .formatted(file, section, width, heads));
    }
    return new Tower(
        width,
        number(config, section, "num_hidden_layers", 12),
        heads,
        number(config, section, "intermediate_size", 3072));
  }

  private int number(JsonNode config, String section, String key, int otherwise) {
    JsonNode value = config.path(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.canConvertToInt() || !value.isIntegralNumber() || value.intValue() < 1) {
      throw new UserError(
          "%s: %s%s must be a whole number above 0, was %s".formatted(file, section, key, value));
    }
    return value.intValue();
  }

  private void require(JsonNode config, String section, String key, String only) {
    String value = config.path(key).asText(only);
    if (!value.equals(only)) {
      throw different(section + key, only, value);
    }
  }

  private void require(JsonNode config, String section, String key, double only) {
    double value = config.path(key).asDouble(only);
    if (value != only) {
      throw different(section + key, only, value);
    }
  }

  private UserError different(String key, Object only, Object value) {
    return new UserError(
        "%s: %s must be %s, the only one that this encoder has, was %s"
            .formatted(file, key, only, value));
  }
}
