package io.saviorrec.server.metrics;

import io.prometheus.metrics.tracer.common.SpanContext;
import org.jspecify.annotations.Nullable;

/// The trace of the call that the current thread is recording, which becomes the exemplar of the
/// buckets that it falls into.
final class CurrentTrace implements SpanContext {
  private record Span(String traceId, String spanId) {}

  // Each registry has its own, and it is empty again after each recording.
  @SuppressWarnings("ThreadLocalUsage")
  private final ThreadLocal<@Nullable Span> current = new ThreadLocal<>();

  /// Records for this call; a call that is not traced costs nothing.
  ///
  /// @param traceId empty when it is not traced
  void record(String traceId, String spanId, Runnable recording) {
    if (traceId.isEmpty()) {
      recording.run();
      return;
    }
    current.set(new Span(traceId, spanId));
    try {
      recording.run();
    } finally {
      current.remove();
    }
  }

  @Override
  public @Nullable String getCurrentTraceId() {
    Span span = current.get();
    return span == null ? null : span.traceId;
  }

  @Override
  public @Nullable String getCurrentSpanId() {
    Span span = current.get();
    return span == null ? null : span.spanId;
  }

  @Override
  public boolean isCurrentSpanSampled() {
    return current.get() != null;
  }

  @Override
  public void markCurrentSpanAsExemplar() {
    // Nobody asks a span whether it is one.
  }
}
