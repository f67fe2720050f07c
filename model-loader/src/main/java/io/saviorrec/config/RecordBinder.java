package io.saviorrec.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Turns a tree of settings into nested records and gathers what is wrong with it.
final class RecordBinder {
  private final List<String> problems;

  RecordBinder(List<String> problems) {
    this.problems = problems;
  }

  static String path(String parent, String name) {
    return parent.isEmpty() ? name : parent + "." + name;
  }

  /// Puts the settings of `layer` over those of `target`. What has no place in the record is a
  /// problem and left out; a section without a value says nothing.
  void merge(String path, Class<?> type, ObjectNode target, ObjectNode layer) {
    Map<String, RecordComponent> components =
        Arrays.stream(type.getRecordComponents())
            .collect(Collectors.toMap(RecordComponent::getName, component -> component));
    for (Map.Entry<String, JsonNode> entry : layer.properties()) {
      String key = path(path, entry.getKey());
      JsonNode value = entry.getValue();
      RecordComponent component = components.get(entry.getKey());
      if (component == null) {
        problems.add("unknown key " + key + " (known here: " + names(type) + ")");
      } else if (!component.getType().isRecord()) {
        if (absent(value) && !isNullable(component)) {
          problems.add(key + " has no value");
        } else {
          target.set(entry.getKey(), value);
        }
      } else if (value instanceof ObjectNode section) {
        ObjectNode old =
            target.get(entry.getKey()) instanceof ObjectNode known
                ? known
                : target.putObject(entry.getKey());
        merge(key, component.getType(), old, section);
      } else if (!absent(value)) {
        problems.add(key + " must be a map of settings, was " + value);
      }
    }
  }

  /// The record, or null when a problem was found in it. A value or section that cannot be used is
  /// replaced by its default for the sake of the record's other checks.
  @Nullable Object bind(String path, Class<?> type, ObjectNode tree, ObjectNode defaults) {
    RecordComponent[] components = type.getRecordComponents();
    int found = problems.size();
    boolean complete = true;
    @Nullable Object[] values = new @Nullable Object[components.length];
    for (int i = 0; i < components.length; i++) {
      RecordComponent component = components[i];
      String key = path(path, component.getName());
      JsonNode node = tree.get(component.getName());
      JsonNode fallback = defaults.get(component.getName());
      values[i] =
          component.getType().isRecord()
              ? bindSection(key, component.getType(), section(node), section(fallback))
              : value(key, component, node, fallback);
      complete &= values[i] != null || isNullable(component);
    }
    Object made = complete ? construct(path, type, components, values) : null;
    return problems.size() > found ? null : made;
  }

  private @Nullable Object bindSection(
      String path, Class<?> type, ObjectNode tree, ObjectNode defaults) {
    Object bound = bind(path, type, tree, defaults);
    return bound != null || tree.equals(defaults)
        ? bound
        : new RecordBinder(new ArrayList<>()).bind(path, type, defaults, defaults);
  }

  private static ObjectNode section(@Nullable JsonNode node) {
    return node instanceof ObjectNode object ? object : Settings.emptyTree();
  }

  private @Nullable Object value(
      String key, RecordComponent component, @Nullable JsonNode node, @Nullable JsonNode fallback) {
    if (node == null || node.isNull()) {
      if (!isNullable(component)) {
        problems.add(key + " is missing");
      }
      return null;
    }
    try {
      return convert(key, component.getGenericType(), node);
    } catch (IllegalArgumentException e) {
      problems.add(String.valueOf(e.getMessage()));
      return node.equals(fallback) || fallback == null || fallback.isNull()
          ? null
          : convert(key, component.getGenericType(), fallback);
    }
  }

  private static Object convert(String key, Type type, JsonNode node) {
    if (type == int.class || type == Integer.class) {
      require(node.isIntegralNumber() && node.canConvertToInt(), key, "be a whole number", node);
      return node.intValue();
    }
    if (type == long.class || type == Long.class) {
      require(node.isIntegralNumber() && node.canConvertToLong(), key, "be a whole number", node);
      return node.longValue();
    }
    if (type == double.class || type == Double.class) {
      require(node.isNumber(), key, "be a number", node);
      return node.doubleValue();
    }
    if (type == boolean.class || type == Boolean.class) {
      require(node.isBoolean(), key, "be true or false", node);
      return node.booleanValue();
    }
    if (type == String.class) {
      require(node.isValueNode(), key, "be text", node);
      return node.asText();
    }
    if (type == Duration.class) {
      return Durations.parse(node.asText())
          .orElseThrow(() -> refusal(key, "be a number with a unit (250ms, 10s, 2m)", node));
    }
    if (type instanceof Class<?> choice && choice.isEnum()) {
      return convertChoice(key, choice, node);
    }
    if (type instanceof ParameterizedType map && map.getRawType() == SortedMap.class) {
      return convertMap(key, map.getActualTypeArguments()[1], node);
    }
    throw new IllegalStateException("no conversion to " + type);
  }

  private static void require(boolean holds, String key, String must, JsonNode was) {
    if (!holds) {
      throw refusal(key, must, was);
    }
  }

  private static IllegalArgumentException refusal(String key, String must, JsonNode was) {
    return new IllegalArgumentException(key + " must " + must + ", was " + was);
  }

  /// Names are read in upper or lower case.
  private static Object convertChoice(String key, Class<?> type, JsonNode node) {
    List<String> names = Arrays.stream(type.getEnumConstants()).map(RecordBinder::choice).toList();
    int index = names.indexOf(node.asText().toLowerCase(Locale.ROOT));
    require(index >= 0, key, "be one of " + String.join(", ", names), node);
    return type.getEnumConstants()[index];
  }

  /// How a constant of an enum is written in settings.
  static String choice(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
  }

  private static SortedMap<String, Object> convertMap(String key, Type valueType, JsonNode node) {
    require(node.isObject(), key, "be a map", node);
    SortedMap<String, Object> map = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      map.put(entry.getKey(), convert(path(key, entry.getKey()), valueType, entry.getValue()));
    }
    return map;
  }

  private @Nullable Object construct(
      String path, Class<?> type, RecordComponent[] components, @Nullable Object[] values) {
    try {
      Constructor<?> constructor =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof InvalidSettingsException refusal) {
        for (InvalidSettingsException.Problem problem : refusal.problems()) {
          problems.add(path(path, problem.toString()));
        }
        return null;
      }
      throw new IllegalStateException("cannot construct " + type, e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot construct " + type, e);
    }
  }

  private static boolean absent(JsonNode value) {
    return value.isNull() || value.isMissingNode();
  }

  private static boolean isNullable(RecordComponent component) {
    return component.getAnnotatedType().isAnnotationPresent(Nullable.class);
  }

  private static String names(Class<?> type) {
    return Arrays.stream(type.getRecordComponents())
        .map(RecordComponent::getName)
        .collect(Collectors.joining(", "));
  }
}
