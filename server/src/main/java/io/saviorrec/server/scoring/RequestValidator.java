package io.saviorrec.server.scoring;

import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.proto.v1.Priority;
import io.saviorrec.server.request.RequestException;

/// Checks the values of a scoring request that no model is needed for.
final class RequestValidator {
  private final int maxCandidates;

  RequestValidator(int maxCandidates) {
    this.maxCandidates = maxCandidates;
  }

  /// Checks what decides which model answers.
  ///
  /// @throws RequestException INVALID_ARGUMENT, naming the field and its value
  static void validateRoute(DecodedRequest request) {
    if (request.version() < 0) {
      throw RequestException.invalid("version must not be negative, was " + request.version());
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
    if (count > maxCandidates) {
      throw RequestException.invalid(
          (request.packed() ? "candidate_ids" : "candidates")
              + " has "
              + count
              + " entries; the most is scoring.maxCandidates = "
              + maxCandidates);
    }
    if (Priority.forNumber(request.priority()) == null) {
      throw RequestException.invalid("priority is unknown: " + request.priority());
    }
  }
}
