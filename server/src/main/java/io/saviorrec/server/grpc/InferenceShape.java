package io.saviorrec.server.grpc;

import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.grpc.MessageShape.Limit;
import io.saviorrec.server.oip.InferRequest;

/// What a request of the Open Inference Protocol may hold.
///
/// Which tensor may have how many elements is known only when it is decoded; on the wire they are
/// counted together.
final class InferenceShape {
  /// Beside the columns, which are as many as entries of maps may be.
  private static final int NO_COLUMNS = 8;

  /// Elements of each candidate beside columns: id, base, category and codes.
  private static final int OF_A_CANDIDATE = 3 + InferRequest.MOST_CODES;

  /// More than any tensor's shape has, summed over all of them.
  private static final int DIMENSIONS_OF_EACH = 4;

  private static final int MESSAGE_HEAP = 300;

  /// An element, and its copies on the way to the model.
  private static final int ELEMENT_HEAP = 48;

  /// For each byte, because the shortest texts take four.
  private static final int RAW_BYTE_HEAP = 12;

  private static final String MAP_ENTRIES = "limits.mapEntries";

  private InferenceShape() {}

  static MessageShape of(ServerConfig config) {
    int entries = config.limits().mapEntries();
    int tensors = entries + NO_COLUMNS;
    int elements =
        (int)
            Math.min(
                Integer.MAX_VALUE - 1L,
                (OF_A_CANDIDATE + (long) entries) * config.scoring().maxCandidates()
                    + 2L * config.limits().history()
                    + InferRequest.MOST_TASTE
                    + tensors);
    String elementsKey = "what scoring.maxCandidates, limits.history and limits.mapEntries allow";
    String tensorsKey = "eight and limits.mapEntries";
    Limit id = new Limit(0, "id", "limits.requestIdChars", config.limits().requestIdChars(), 0);
    Limit parameters = new Limit(1, "parameters", MAP_ENTRIES, entries, MESSAGE_HEAP);
    Limit inputs = new Limit(2, "inputs", tensorsKey, tensors, MESSAGE_HEAP);
    Limit shapes =
        new Limit(
            3,
            "the shapes of inputs",
            "four for each that may be",
            DIMENSIONS_OF_EACH * tensors,
            ELEMENT_HEAP);
    Limit contents = new Limit(4, "contents", "none", Integer.MAX_VALUE, MESSAGE_HEAP);
    Limit values = new Limit(5, "the contents of inputs", elementsKey, elements, ELEMENT_HEAP);
    Limit outputs = new Limit(6, "outputs", MAP_ENTRIES, entries, MESSAGE_HEAP);
    Limit raw = new Limit(7, "raw_input_contents", tensorsKey, tensors, RAW_BYTE_HEAP);
    MessageShape typed =
        new MessageShape()
            .numbers(1, values)
            .numbers(2, values)
            .numbers(3, values)
            .numbers(4, values)
            .numbers(5, values)
            .floats(6, values)
            // Counted as two each, of which only columns have any.
            .floats(7, values)
            .messages(8, values);
    MessageShape input =
        new MessageShape().numbers(3, shapes).messages(4, parameters).messages(5, contents, typed);
    return new MessageShape()
        .text(3, id)
        .messages(4, parameters)
        .messages(5, inputs, input)
        .messages(6, outputs, new MessageShape().messages(2, parameters))
        .bytes(7, raw);
  }
}
