package io.saviorrec.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// Settings of one program in the making: defaults, and over them what files and single keys say,
/// later ones over earlier ones.
///
/// A key is the path through the nested records, such as `server.port`; single values are YAML, so
/// that maps can be given as `{a: b}`. Nothing fails before [#bind], which tells everything that is
/// wrong at once.
public final class Settings<T extends Record> {
  /// Of YAML's many booleans only true and false: "on" may be the name of a choice.
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS)
          .build();

  private final Class<T> type;
  private final ObjectNode defaults;
  private final ObjectNode given = emptyTree();
  private final List<String> problems;

  private Settings(Class<T> type, ObjectNode defaults, List<String> problems) {
    this.type = type;
    this.defaults = defaults;
    this.problems = problems;
  }

  /// Over the values of a record.
  public static <T extends Record> Settings<T> over(Class<T> type, T defaults) {
    return new Settings<>(type, RecordTree.of(defaults), new ArrayList<>());
  }

  /// Over a YAML text, which must name every key.
  ///
  /// @param source what the text is called where it is wrong
  public static <T extends Record> Settings<T> over(Class<T> type, String yaml, String source) {
    List<String> problems = new ArrayList<>();
    ObjectNode defaults = emptyTree();
    new RecordBinder(problems).merge("", type, defaults, sections(yaml, source, problems));
    return new Settings<>(type, defaults, problems);
  }

  /// Puts another default in place of the first, beneath all that files and keys say.
  public void suggest(String key, String value) {
    add(defaults, key, value, key);
  }

  /// Takes the settings of a YAML file.
  public void file(Path file) {
    try {
      merge(given, sections(Files.readString(file), file.toString(), problems));
    } catch (NoSuchFileException e) {
      problems.add(file + ": no such file");
    } catch (AccessDeniedException e) {
      problems.add(file + " may not be read");
    } catch (CharacterCodingException e) {
      problems.add(file + " is not UTF-8 text");
    } catch (IOException e) {
      problems.add(file + " cannot be read: " + firstLine(String.valueOf(e.getMessage())));
    }
  }

  /// Takes the settings of a YAML text.
  ///
  /// @param source what the text is called where it is wrong
  public void text(String yaml, String source) {
    merge(given, sections(yaml, source, problems));
  }

  /// Takes one setting.
  ///
  /// @param source what to call it where its value is not YAML
  public void set(String key, String value, String source) {
    add(given, key, value, source);
  }

  /// What is said of a single value so far, before anything is checked; empty where that is
  /// nothing.
  public Optional<String> peek(String key) {
    JsonPointer pointer = JsonPointer.compile("/" + key.replace('.', '/'));
    JsonNode said = given.at(pointer).isMissingNode() ? defaults.at(pointer) : given.at(pointer);
    return said.isValueNode() && !said.isNull() ? Optional.of(said.asText()) : Optional.empty();
  }

  /// Adds a mistake that was found elsewhere to those that [#bind] tells.
  public void problem(String problem) {
    problems.add(problem);
  }

  /// The settings in force.
  ///
  /// @throws ConfigException with everything that is wrong, each under its full key
  public T bind() {
    List<String> all = new ArrayList<>(problems);
    RecordBinder binder = new RecordBinder(all);
    ObjectNode tree = defaults.deepCopy();
    binder.merge("", type, tree, given);
    Object bound = binder.bind("", type, tree, defaults);
    if (bound == null || !all.isEmpty()) {
      throw new ConfigException(all);
    }
    return type.cast(bound);
  }

  /// Every key of a record and of the records in it.
  public static SortedSet<String> keys(Class<? extends Record> type) {
    SortedSet<String> keys = new TreeSet<>();
    collect("", type, keys);
    return keys;
  }

  private static void collect(String path, Class<?> type, SortedSet<String> keys) {
    for (RecordComponent component : type.getRecordComponents()) {
      String key = RecordBinder.path(path, component.getName());
      if (component.getType().isRecord()) {
        collect(key, component.getType(), keys);
      } else {
        keys.add(key);
      }
    }
  }

  /// A record's values as a tree, which can be written as JSON or YAML and be read back.
  public static ObjectNode tree(Record settings) {
    return RecordTree.of(settings);
  }

  /// A tree as YAML.
  public static String yaml(JsonNode tree) {
    try {
      return YAML.writeValueAsString(tree).replaceFirst("^---\\R?", "");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can always be written", e);
    }
  }

  /// One line `key=value key=value …`, for the log.
  public static String describe(Record settings) {
    StringBuilder line = new StringBuilder();
    describe("", settings.getClass(), RecordTree.of(settings), line);
    return line.toString().strip();
  }

  private static void describe(String path, Class<?> type, JsonNode tree, StringBuilder line) {
    for (RecordComponent component : type.getRecordComponents()) {
      String key = RecordBinder.path(path, component.getName());
      JsonNode value = tree.path(component.getName());
      if (component.getType().isRecord()) {
        describe(key, component.getType(), value, line);
      } else {
        String text = value.isContainerNode() ? value.toString() : value.asText();
        line.append(key).append('=').append(text).append(' ');
      }
    }
  }

  static ObjectNode emptyTree() {
    return JsonNodeFactory.instance.objectNode();
  }

  private void add(ObjectNode target, String key, String value, String source) {
    String[] names = key.split("\\.", -1);
    ObjectNode layer = emptyTree();
    ObjectNode section = layer;
    for (int i = 0; i + 1 < names.length; i++) {
      section = section.putObject(names[i]);
    }
    try {
      section.set(names[names.length - 1], YAML.readTree(value));
    } catch (JsonProcessingException e) {
      problems.add(source + " is not YAML: " + firstLine(e.getOriginalMessage()));
      return;
    }
    merge(target, layer);
  }

  private void merge(ObjectNode target, ObjectNode layer) {
    new RecordBinder(problems).merge("", type, target, layer);
  }

  private static ObjectNode sections(String yaml, String source, List<String> problems) {
    try {
      JsonNode tree = YAML.readTree(yaml);
      if (tree instanceof ObjectNode object) {
        return object;
      }
      if (!tree.isMissingNode() && !tree.isNull()) {
        problems.add(source + " must be a map of sections");
      }
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      problems.add(
          source
              + (line > 0 ? " line " + line : "")
              + " is not YAML: "
              + firstLine(e.getOriginalMessage()));
    }
    return emptyTree();
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("no reason given");
  }
}
