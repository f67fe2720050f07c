package io.saviorrec.server.scoring;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Priority;
import io.saviorrec.proto.v1.ScoreRequest;
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
  static void validateRoute(ScoreRequest request) {
    if (request.getVersion() < 0) {
      throw RequestException.invalid("version must not be negative, was " + request.getVersion());
    }
  }

  /// The priority that a valid request states.
  static io.saviorrec.server.request.Priority priority(ScoreRequest request) {
    return switch (request.getPriority()) {
      case HIGH -> io.saviorrec.server.request.Priority.HIGH;
      case PRIORITY_UNSPECIFIED, NORMAL -> io.saviorrec.server.request.Priority.NORMAL;
      case LOW -> io.saviorrec.server.request.Priority.LOW;
      case UNRECOGNIZED ->
          throw new IllegalArgumentException("priority " + request.getPriorityValue());
    };
  }

  /// @throws RequestException INVALID_ARGUMENT, naming the field and its value
  void validate(ScoreRequest request) {
    int count = request.getCandidatesCount();
    if (count == 0) {
      throw RequestException.invalid("candidates is empty");
    }
    if (count > maxCandidates) {
      throw RequestException.invalid(
          "candidates has "
              + count
              + " entries; the most is scoring.maxCandidates = "
              + maxCandidates);
    }
    if (request.getPriority() == Priority.UNRECOGNIZED) {
      throw RequestException.invalid("priority is unknown: " + request.getPriorityValue());
    }
    for (int i = 0; i < count; i++) {
      Candidate candidate = request.getCandidates(i);
      double pctrBase = candidate.getPctrBase();
      // Written so that NaN fails too.
      if (candidate.hasPctrBase() && !(pctrBase >= 0 && pctrBase <= 1)) {
        throw RequestException.invalid(
            "candidates[" + i + "].pctr_base must be in [0, 1], was " + pctrBase);
      }
    }
  }
}
