package io.saviorrec.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A manifest as a tree, held against the records that it is to become: every key that is missing,
/// unknown or of the wrong type is told by its path.
final class ManifestTree {
  private static final int SHOWN_CHARS = 60;

  private final Consumer<String> problems;

  /// @param problems what is wrong with each key
  ManifestTree(Consumer<String> problems) {
    this.problems = problems;
  }

  void check(String path, Class<?> type, JsonNode tree) {
    RecordComponent[] components = type.getRecordComponents();
    for (RecordComponent component : components) {
      String key = path(path, component.getName());
      JsonNode value = tree.path(component.getName());
      if (!absent(value)) {
        check(key, component.getGenericType(), value);
      } else if (!component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
        missing(key);
      }
    }
    List<String> names = Arrays.stream(components).map(RecordComponent::getName).toList();
    for (Map.Entry<String, JsonNode> entry : tree.properties()) {
      if (!names.contains(entry.getKey())) {
        problems.accept(
            "%s is a key that this format does not have; known here: %s"
                .formatted(path(path, entry.getKey()), String.join(", ", names)));
      }
    }
  }

  private void check(String key, Type type, JsonNode value) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      if (generic.getRawType() == SortedMap.class) {
        checkMap(key, arguments[1], value);
      } else {
        checkList(key, arguments[0], value);
      }
    } else if (type instanceof Class<?> record && record.isRecord()) {
      if (require(value.isObject(), key, "be a map", value)) {
        check(key, record, value);
      }
    } else {
      checkValue(key, type, value);
    }
  }

  private void checkMap(String key, Type type, JsonNode map) {
    if (require(map.isObject(), key, "be a map", map)) {
      map.properties().forEach(entry -> element(path(key, entry.getKey()), type, entry.getValue()));
    }
  }

  private void checkList(String key, Type type, JsonNode list) {
    if (require(list.isArray(), key, "be a list", list)) {
      for (int i = 0; i < list.size(); i++) {
        element(key + "[" + i + "]", type, list.get(i));
      }
    }
  }

  private void element(String key, Type type, JsonNode value) {
    if (absent(value)) {
      missing(key);
    } else {
      check(key, type, value);
    }
  }

  private void checkValue(String key, Type type, JsonNode value) {
    if (type == int.class || type == Integer.class) {
      require(isWhole(value) && value.canConvertToInt(), key, "be a whole number", value);
    } else if (type == long.class || type == Long.class) {
      require(isWhole(value) && value.canConvertToLong(), key, "be a whole number", value);
    } else if (type == double.class || type == Double.class || type == Float.class) {
      require(value.isNumber(), key, "be a number", value);
    } else if (type == boolean.class) {
      require(value.isBoolean(), key, "be true or false", value);
    } else if (type == String.class) {
      require(value.isTextual(), key, "be text", value);
    } else if (type instanceof Class<?> choice && choice.isEnum()) {
      List<String> names = Arrays.stream(choice.getEnumConstants()).map(Object::toString).toList();
      require(
          value.isTextual() && names.contains(value.asText()),
          key,
          "be one of " + names.stream().collect(Collectors.joining(", ")),
          value);
    } else if (type != JsonNode.class) {
      throw new IllegalStateException("no check of " + type);
    }
  }

  private static boolean isWhole(JsonNode value) {
    return value.isIntegralNumber();
  }

  private boolean require(boolean holds, String key, String must, JsonNode was) {
    if (!holds) {
      String text = was.toString();
      problems.accept(
          "%s must %s, was %s"
              .formatted(
                  key,
                  must,
                  text.length() <= SHOWN_CHARS ? text : text.substring(0, SHOWN_CHARS) + "…"));
    }
    return holds;
  }

  private void missing(String key) {
    problems.accept(key + " is missing; export the model again");
  }

  private static boolean absent(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }

  private static String path(String parent, String name) {
    return parent.isEmpty() ? name : parent + "." + name;
  }
}
