package io.saviorrec.trainer.data.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.saviorrec.content.TextPart;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What `dataset.json` says, all of it optional.
///
/// @param words columns of the items whose words an encoder reads; null: title, category and every
///   column without a meaning of its own
public record Description(
    Path folder,
    String name,
    @Nullable Long warmupUntil,
    @Nullable Long validationFrom,
    @Nullable Long testFrom,
    IdKind ids,
    @Nullable Set<String> words) {
  private static final Set<String> KEYS =
      Set.of(
          DataSetFormat.NAME,
          DataSetFormat.WARMUP_UNTIL,
          DataSetFormat.VALIDATION_FROM,
          DataSetFormat.TEST_FROM,
          DataSetFormat.IDS,
          DataSetFormat.WORDS,
          DataSetFormat.GENERATOR);

  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .reader();

  public static Description read(Path folder) {
    Path path = folder.resolve(DataSetFormat.DESCRIPTION);
    String folderName = String.valueOf(folder.getFileName());
    if (!FileFault.exists(path)) {
      return new Description(folder, folderName, null, null, null, IdKind.NUMBER, null);
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
    return new Description(
        folder,
        name(path, json, folderName),
        seconds(path, json, DataSetFormat.WARMUP_UNTIL),
        seconds(path, json, DataSetFormat.VALIDATION_FROM),
        seconds(path, json, DataSetFormat.TEST_FROM),
        ids(path, json),
        words(path, json));
  }

  /// The parts of an item's words that an encoder reads.
  public List<TextPart> textParts() {
    Set<String> chosen = words;
    return chosen == null
        ? TextPart.ALL
        : chosen.stream().map(Description::part).distinct().sorted().toList();
  }

  private static TextPart part(String column) {
    return switch (column) {
      case DataSetFormat.TITLE -> TextPart.TITLE;
      case DataSetFormat.CATEGORY -> TextPart.CATEGORY;
      default -> TextPart.TEXT;
    };
  }

  private static JsonNode parse(Path path) {
    try {
      JsonNode json = JSON.readTree(Files.readAllBytes(path));
      if (!json.isObject()) {
        throw new UserError(path + ": not a JSON object");
      }
      return json;
    } catch (JsonProcessingException e) {
      throw new UserError(
          path + ", line " + e.getLocation().getLineNr() + ": not JSON with each key once", e);
    } catch (IOException e) {
      throw DiskFault.reading(path, e);
    }
  }

  private static String name(Path path, JsonNode json, String folderName) {
    JsonNode name = json.path(DataSetFormat.NAME);
    if (name.isMissingNode() || name.isNull()) {
      return folderName;
    }
    if (!name.isTextual() || name.asText().isBlank()) {
      throw new UserError(path + ": name must be text, was " + name);
    }
    return name.asText();
  }

  private static IdKind ids(Path path, JsonNode json) {
    JsonNode ids = json.path(DataSetFormat.IDS);
    if (ids.isMissingNode() || ids.isNull()) {
      return IdKind.NUMBER;
    }
    return switch (ids.asText()) {
      case "number" -> IdKind.NUMBER;
      case "text" -> IdKind.TEXT;
      default -> throw new UserError(path + ": ids must be \"number\" or \"text\", was " + ids);
    };
  }

  private static @Nullable Set<String> words(Path path, JsonNode json) {
    JsonNode words = json.path(DataSetFormat.WORDS);
    if (words.isMissingNode() || words.isNull()) {
      return null;
    }
    Set<String> columns = new TreeSet<>();
    for (JsonNode column : words) {
      columns.add(column.isTextual() ? column.asText() : "");
    }
    if (!words.isArray() || columns.isEmpty() || columns.contains("")) {
      throw new UserError(
          path + ": words must be a list of columns of the items, at least one, was " + words);
    }
    return columns;
  }

  private static @Nullable Long seconds(Path path, JsonNode json, String key) {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new UserError(
          String.format(Locale.ROOT, "%s: %s must be unix seconds, was %s", path, key, value));
    }
    long seconds = value.asLong();
    if (seconds < 0 || seconds > Sql.MAX_UNIX_SECONDS) {
      throw new UserError(
          path
              + ": "
              + key
              + " is not in the years 1970 to 9999: "
              + seconds
              + " (are these unix seconds?)");
    }
    return seconds;
  }
}
