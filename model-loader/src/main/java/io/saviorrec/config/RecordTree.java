package io.saviorrec.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Nested settings records as the tree that [RecordBinder] reads back.
final class RecordTree {
  private RecordTree() {}

  static ObjectNode of(Record settings) {
    ObjectNode tree = Settings.emptyTree();
    for (RecordComponent component : settings.getClass().getRecordComponents()) {
      tree.set(component.getName(), node(read(component, settings)));
    }
    return tree;
  }

  private static JsonNode node(@Nullable Object value) {
    return switch (value) {
      case null -> NullNode.instance;
      case Record section -> of(section);
      case Integer number -> IntNode.valueOf(number);
      case Long number -> LongNode.valueOf(number);
      case Double number -> DoubleNode.valueOf(number);
      case Boolean flag -> BooleanNode.valueOf(flag);
      case Duration duration -> TextNode.valueOf(Durations.format(duration));
      case Enum<?> choice -> TextNode.valueOf(RecordBinder.choice(choice));
      case Map<?, ?> map -> {
        ObjectNode tree = Settings.emptyTree();
        map.forEach((key, element) -> tree.set(String.valueOf(key), node(element)));
        yield tree;
      }
      default -> TextNode.valueOf(value.toString());
    };
  }

  private static @Nullable Object read(RecordComponent component, Record settings) {
    try {
      return component.getAccessor().invoke(settings);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }
}
