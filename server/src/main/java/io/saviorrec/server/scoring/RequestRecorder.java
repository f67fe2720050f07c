package io.saviorrec.server.scoring;

import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.server.request.StageTimes;
import org.jspecify.annotations.Nullable;

/// Sees every scoring request that a model took on, at its end and on the thread that ends it; it
/// must not wait.
@FunctionalInterface
public interface RequestRecorder {
  /// Records nothing.
  RequestRecorder NONE = (request, model, answer, failure, times) -> {};

  /// Tells both.
  static RequestRecorder both(RequestRecorder first, RequestRecorder second) {
    return (request, model, answer, failure, times) -> {
      first.ended(request, model, answer, failure, times);
      second.ended(request, model, answer, failure, times);
    };
  }

  /// The model that took a request on.
  record Model(String model, long version, String variant) {}

  /// Called once a request.
  ///
  /// @param answer null when it failed
  /// @param failure null when it did not
  void ended(
      DecodedRequest request,
      Model model,
      @Nullable ScoreAnswer answer,
      @Nullable Throwable failure,
      StageTimes times);
}
