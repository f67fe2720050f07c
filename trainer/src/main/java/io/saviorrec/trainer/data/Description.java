package io.saviorrec.trainer.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What `dataset.json` says, all of it optional.
record Description(
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

  static Description read(Path folder) {
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
            "%s: unknown key '%s'; known are %s"
                .formatted(path, key, KEYS.stream().sorted().toList()));
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
      throw new UserError("%s: not JSON: %s".formatted(path, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new UserError("%s: cannot be read: %s".formatted(path, e.getMessage()), e);
    }
  }

  private static @Nullable Long seconds(Path path, JsonNode json, String key) {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new UserError("%s: %s must be unix seconds but was %s".formatted(path, key, value));
    }
    return value.asLong();
  }

  /// The cuts, those that are not given taken at 0, 70 and 80 % of the impressions in time order.
  Cuts cuts(Database database) {
    long warmup = warmupUntil != null ? warmupUntil : Cuts.timeAt(database, 0);
    long validation =
        validationFrom != null ? validationFrom : Cuts.timeAt(database, Cuts.TRAIN_SHARE);
    long test =
        testFrom != null ? testFrom : Cuts.timeAt(database, Cuts.TRAIN_AND_VALIDATION_SHARE);
    if (warmup >= validation || validation >= test) {
      throw new UserError(
          "%s: cannot split the log by time: warm-up until %d, validation from %d, test from %d do not ascend; give more impressions, or other cuts in %s"
              .formatted(folder, warmup, validation, test, DataSetFormat.DESCRIPTION));
    }
    return new Cuts(warmup, validation, test);
  }
}
