package io.saviorrec.server.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Turns a tree of settings into nested records, taking what the tree lacks from an instance that
/// holds the defaults.
final class RecordBinder {
  private final List<String> problems;

  RecordBinder(List<String> problems) {
    this.problems = problems;
  }

  /// Every key of a record and the records in it, such as `server.port`.
  static SortedMap<String, RecordComponent> keys(Class<? extends Record> type) {
    SortedMap<String, RecordComponent> keys = new TreeMap<>();
    collect("", type, keys);
    return keys;
  }

  private static void collect(
      String prefix, Class<?> type, SortedMap<String, RecordComponent> keys) {
    for (RecordComponent component : type.getRecordComponents()) {
      if (component.getType().isRecord()) {
        collect(prefix + component.getName() + ".", component.getType(), keys);
      } else {
        keys.put(prefix + component.getName(), component);
      }
    }
  }

  /// The record, or null when a problem was found in it.
  @Nullable Object bind(String path, Class<?> type, Object defaults, ObjectNode tree) {
    RecordComponent[] components = type.getRecordComponents();
    reportUnknownKeys(path, components, tree);
    int found = problems.size();
    @Nullable Object[] values = new @Nullable Object[components.length];
    for (int i = 0; i < components.length; i++) {
      RecordComponent component = components[i];
      String key = path.isEmpty() ? component.getName() : path + "." + component.getName();
      JsonNode node = tree.get(component.getName());
      Object fallback = read(component, defaults);
      if (node == null || node.isNull()) {
        values[i] = fallback;
      } else if (component.getType().isRecord()) {
        values[i] = bindSection(key, component, fallback, node);
      } else {
        values[i] = value(key, component, node);
      }
    }
    return problems.size() > found ? null : construct(type, components, values);
  }

  private @Nullable Object bindSection(
      String key, RecordComponent component, @Nullable Object fallback, JsonNode node) {
    if (!(node instanceof ObjectNode object) || fallback == null) {
      problems.add(key + " must be a map of settings but was " + node);
      return null;
    }
    return bind(key, component.getType(), fallback, object);
  }

  private void reportUnknownKeys(String path, RecordComponent[] components, ObjectNode tree) {
    List<String> known = Arrays.stream(components).map(RecordComponent::getName).toList();
    for (Iterator<String> names = tree.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!known.contains(name)) {
        problems.add(
            "unknown key "
                + (path.isEmpty() ? name : path + "." + name)
                + " (known here: "
                + String.join(", ", known)
                + ")");
      }
    }
  }

  private @Nullable Object value(String key, RecordComponent component, JsonNode node) {
    try {
      return convert(component.getGenericType(), node);
    } catch (IllegalArgumentException e) {
      problems.add(key + " " + e.getMessage());
      return null;
    }
  }

  private static Object convert(Type type, JsonNode node) {
    if (type == int.class || type == Integer.class) {
      if (!node.isIntegralNumber() || !node.canConvertToInt()) {
        throw new IllegalArgumentException("must be a whole number but was " + node);
      }
      return node.intValue();
    }
    if (type == String.class) {
      if (!node.isValueNode()) {
        throw new IllegalArgumentException("must be a text but was " + node);
      }
      return node.asText();
    }
    if (type == Duration.class) {
      return Durations.parse(node.asText());
    }
    if (type instanceof ParameterizedType map && map.getRawType() == SortedMap.class) {
      return convertMap(map.getActualTypeArguments()[1], node);
    }
    throw new IllegalStateException("no conversion to " + type);
  }

  private static SortedMap<String, Object> convertMap(Type valueType, JsonNode node) {
    if (!(node instanceof ObjectNode object)) {
      throw new IllegalArgumentException("must be a map but was " + node);
    }
    SortedMap<String, Object> map = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      try {
        map.put(entry.getKey(), convert(valueType, entry.getValue()));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("at \"" + entry.getKey() + "\" " + e.getMessage(), e);
      }
    }
    return map;
  }

  private @Nullable Object construct(
      Class<?> type, RecordComponent[] components, @Nullable Object[] values) {
    try {
      Constructor<?> constructor =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException problem) {
        problems.add(String.valueOf(problem.getMessage()));
        return null;
      }
      throw new IllegalStateException("cannot construct " + type, e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot construct " + type, e);
    }
  }

  static @Nullable Object read(RecordComponent component, Object record) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }

  /// One line `key=value key=value …` of a whole configuration, for the log.
  static String describe(Record config) {
    return Arrays.stream(config.getClass().getRecordComponents())
        .map(component -> describe(component.getName(), read(component, config)))
        .collect(Collectors.joining(" "));
  }

  private static String describe(String path, @Nullable Object value) {
    if (value instanceof Record section) {
      return Arrays.stream(section.getClass().getRecordComponents())
          .map(component -> describe(path + "." + component.getName(), read(component, section)))
          .collect(Collectors.joining(" "));
    }
    return path + "=" + (value instanceof Duration d ? Durations.format(d) : value);
  }
}
