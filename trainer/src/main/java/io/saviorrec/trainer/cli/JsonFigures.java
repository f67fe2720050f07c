package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/// Figures as JSON, which has no NaN and nothing infinite.
final class JsonFigures {
  private JsonFigures() {}

  /// The tree, in which a figure that does not exist is null.
  static ObjectNode withoutNaN(ObjectNode tree) {
    tree.properties()
        .forEach(
            entry -> {
              if (isNoFigure(entry.getValue())) {
                entry.setValue(tree.nullNode());
              } else {
                visit(entry.getValue());
              }
            });
    return tree;
  }

  private static void visit(JsonNode node) {
    if (node instanceof ObjectNode child) {
      withoutNaN(child);
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        if (isNoFigure(array.get(i))) {
          array.setNull(i);
        } else {
          visit(array.get(i));
        }
      }
    }
  }

  private static boolean isNoFigure(JsonNode node) {
    return node.isDouble() && !Double.isFinite(node.doubleValue());
  }
}
