package io.saviorrec.trainer.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.prepare.CoClickConfig;
import io.saviorrec.trainer.encoder.EncoderConfig;
import io.saviorrec.trainer.quantizer.QuantizerConfig;
import io.saviorrec.trainer.ranker.RankerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/// Every setting of a training run.
///
/// @param coClicks which items count as clicked together
public record TrainConfig(
    CoClickConfig coClicks, EncoderConfig encoder, QuantizerConfig quantizer, RankerConfig ranker) {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .build();

  private static final ObjectMapper YAML =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /// The preset as it is, before the data is looked at.
  public static TrainConfig of(Preset preset) {
    return switch (preset) {
      case TINY ->
          new TrainConfig(
              CoClickConfig.defaults().withMinUsers(2),
              EncoderConfig.tiny(),
              QuantizerConfig.tiny(),
              RankerConfig.tiny());
      case SMALL ->
          new TrainConfig(
              CoClickConfig.defaults(),
              EncoderConfig.small(),
              QuantizerConfig.small(),
              RankerConfig.small());
      case PAPER ->
          new TrainConfig(
              CoClickConfig.defaults(),
              EncoderConfig.paper(),
              QuantizerConfig.paper(),
              RankerConfig.paper());
    };
  }

  /// This configuration with the settings of a YAML file in place of its own.
  public TrainConfig with(Path file) {
    if (!Files.isReadable(file)) {
      throw new UserError(file + ": no such file, or not readable");
    }
    try {
      JsonNode settings = YAML.readTree(Files.readString(file));
      if (!settings.isObject()) {
        throw new UserError(file + ": not a YAML mapping of settings");
      }
      return with(settings);
    } catch (JsonProcessingException e) {
      throw new UserError(file + ": " + explain(e), e);
    } catch (IOException e) {
      throw new UserError(file + ": " + e.getMessage(), e);
    }
  }

  /// This configuration with single settings by dotted key, for instance `ranker.attentionNorm`.
  public TrainConfig with(Map<String, String> settings) {
    ObjectNode tree = JSON.createObjectNode();
    settings.forEach(
        (key, value) -> {
          ObjectNode at = tree;
          String[] parts = key.split("\\.", -1);
          for (int i = 0; i + 1 < parts.length; i++) {
            at = at.withObject("/" + parts[i]);
          }
          at.put(parts[parts.length - 1], value);
        });
    try {
      return with(tree);
    } catch (JsonProcessingException e) {
      throw new UserError(explain(e), e);
    }
  }

  private TrainConfig with(JsonNode settings) throws JsonProcessingException {
    ObjectNode tree = JSON.valueToTree(this);
    return JSON.treeToValue(merge(tree, settings, ""), TrainConfig.class);
  }

  /// Settings over defaults; a key without a default is a mistake.
  private static ObjectNode merge(ObjectNode defaults, JsonNode settings, String path) {
    settings
        .properties()
        .forEach(
            entry -> {
              String key = path + entry.getKey();
              JsonNode old = defaults.get(entry.getKey());
              if (old == null) {
                throw new UserError(
                    "unknown setting " + key + "; there are " + names(defaults, path));
              }
              if (entry.getValue().isNull()) {
                throw new UserError("setting " + key + " has no value");
              }
              if (old.isObject() && entry.getValue().isObject()) {
                merge((ObjectNode) old, entry.getValue(), key + ".");
              } else {
                defaults.set(entry.getKey(), entry.getValue());
              }
            });
    return defaults;
  }

  private static String names(ObjectNode node, String path) {
    return node.properties().stream()
        .map(entry -> path + entry.getKey())
        .collect(Collectors.joining(", "));
  }

  /// The reason in one line, with the setting's key where Jackson knows it. A record that refuses
  /// its values says more than Jackson does.
  private static String explain(JsonProcessingException e) {
    if (e.getCause() instanceof RuntimeException refusal) {
      return String.valueOf(refusal.getMessage());
    }
    String key =
        e instanceof JsonMappingException mapping
            ? mapping.getPath().stream()
                .map(JsonMappingException.Reference::getFieldName)
                .collect(Collectors.joining(".", "", ": "))
            : "";
    return key + e.getOriginalMessage().lines().findFirst().orElse("");
  }

  String toJson() {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a configuration is always JSON", e);
    }
  }
}
