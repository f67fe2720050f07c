package io.saviorrec.trainer.data.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.trainer.cli.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What `dataset.json` says, all of it optional.
public record Description(
    Path folder,
    String name,
    @Nullable Long warmupUntil,
    @Nullable Long validationFrom,
    @Nullable Long testFrom) {
  private static final Set<String> KEYS =
      Set.of(
          DataSetFormat.NAME,
          DataSetFormat.WARMUP_UNTIL,
          DataSetFormat.VALIDATION_FROM,
          DataSetFormat.TEST_FROM,
          DataSetFormat.GENERATOR);

  public static Description read(Path folder) {
    Path path = folder.resolve(DataSetFormat.DESCRIPTION);
    String folderName = String.valueOf(folder.getFileName());
    if (!Files.isRegularFile(path)) {
      return new Description(folder, folderName, null, null, null);
    }
    JsonNode json = parse(path);
    for (Iterator<String> keys = json.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!KEYS.contains(key)) {
        throw new UserError(
            String.format(
                Locale.ROOT,
                "%s: unknown key '%s'; known are %s",
                path,
                key,
                KEYS.stream().sorted().toList()));
      }
    }
    JsonNode name = json.path(DataSetFormat.NAME);
    return new Description(
        folder,
        name.isTextual() && !name.asText().isBlank() ? name.asText() : folderName,
        seconds(path, json, DataSetFormat.WARMUP_UNTIL),
        seconds(path, json, DataSetFormat.VALIDATION_FROM),
        seconds(path, json, DataSetFormat.TEST_FROM));
  }

  private static JsonNode parse(Path path) {
    try {
      JsonNode json = new ObjectMapper().readTree(Files.readAllBytes(path));
      if (!json.isObject()) {
        throw new UserError(path + ": not a JSON object");
      }
      return json;
    } catch (JsonProcessingException e) {
      throw new UserError(
          String.format(Locale.ROOT, "%s: not JSON: %s", path, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new UserError(
          String.format(Locale.ROOT, "%s: cannot be read: %s", path, e.getMessage()), e);
    }
  }

  private static @Nullable Long seconds(Path path, JsonNode json, String key) {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new UserError(
          String.format(Locale.ROOT, "%s: %s must be unix seconds but was %s", path, key, value));
    }
    return value.asLong();
  }
}
