package io.saviorrec.server.scoring;

import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.contract.RequestEncoder;
import io.saviorrec.contract.RequestNotes;
import io.saviorrec.proto.v1.Priority;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.ServerConfig.Scoring.FutureClicks;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.request.RequestException;

/// Checks the values of a scoring request that no model is needed for.
final class RequestValidator {
  private final ServerConfig.Scoring rules;

  RequestValidator(ServerConfig.Scoring rules) {
    this.rules = rules;
  }

  /// Checks what decides which model answers, and where the request counts.
  ///
  /// @throws RequestException INVALID_ARGUMENT, naming the field and its value
  static void validateRoute(DecodedRequest request) {
    if (request.version() < 0) {
      throw RequestException.invalid("version must not be negative, was " + request.version());
    }
    if (Priority.forNumber(request.priority()) == null) {
      throw RequestException.invalid("priority is unknown: " + request.priority());
    }
  }

  /// The priority that a valid request states.
  static io.saviorrec.server.request.Priority priority(DecodedRequest request) {
    return switch (Priority.forNumber(request.priority())) {
      case HIGH -> io.saviorrec.server.request.Priority.HIGH;
      case PRIORITY_UNSPECIFIED, NORMAL -> io.saviorrec.server.request.Priority.NORMAL;
      case LOW -> io.saviorrec.server.request.Priority.LOW;
      case UNRECOGNIZED -> throw new IllegalArgumentException("priority " + request.priority());
      case null -> throw new IllegalArgumentException("priority " + request.priority());
    };
  }

  /// @throws RequestException INVALID_ARGUMENT, naming the field and its value
  void validate(DecodedRequest request) {
    int count = request.candidates().length;
    if (count == 0 && request.fault() == null) {
      throw RequestException.invalid("candidates is empty");
    }
    if (count > rules.maxCandidates()) {
      throw RequestException.invalid(
          (request.packed() ? "candidate_ids" : "candidates")
              + " has "
              + count
              + " entries; the most is scoring.maxCandidates = "
              + rules.maxCandidates());
    }
    if (request.topK() < 0) {
      throw RequestException.invalid("top_k must not be negative, was " + request.topK());
    }
    if (request.timeMillis() < 0) {
      throw RequestException.invalid("time_ms must not be negative, was " + request.timeMillis());
    }
  }

  /// Checks what of a request the model cannot use.
  ///
  /// @param model encodes requests for it
  /// @throws RequestException INVALID_ARGUMENT, naming it
  void validate(DecodedRequest request, RequestNotes notes, RequestEncoder model) {
    if (notes.futureClicks() > 0 && rules.futureClicks() == FutureClicks.REFUSE) {
      throw RequestException.invalid(
          notes.futureClicks()
              + " of user.history_times_ms are not before the page; send clicks from before it, or"
              + " set scoring.futureClicks to drop");
    }
    if (!notes.unusedColumns().isEmpty() && (request.strict() || rules.strictColumns())) {
      throw RequestException.invalid(
          "the model does not have these columns, or not of this kind: "
              + ErrorText.limit(notes.unusedColumns().toString())
              + "; it has "
              + ErrorText.limit(model.columns()));
    }
  }
}
