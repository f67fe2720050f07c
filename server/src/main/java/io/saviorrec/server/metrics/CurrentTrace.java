package io.saviorrec.server.metrics;

import io.prometheus.metrics.tracer.common.SpanContext;
import io.saviorrec.server.request.CallTrace;
import org.jspecify.annotations.Nullable;

/// The trace of the call that the current thread is recording, which becomes the exemplar of the
/// buckets that it falls into.
final class CurrentTrace implements SpanContext {
  // Each registry has its own, and it is empty again after each recording.
  @SuppressWarnings("ThreadLocalUsage")
  private final ThreadLocal<@Nullable CallTrace> current = new ThreadLocal<>();

  /// Records for this call; a call that is not traced costs nothing.
  void record(CallTrace trace, Runnable recording) {
    if (trace.traceId().isEmpty()) {
      recording.run();
      return;
    }
    current.set(trace);
    try {
      recording.run();
    } finally {
      current.remove();
    }
  }

  @Override
  public @Nullable String getCurrentTraceId() {
    CallTrace trace = current.get();
    return trace == null ? null : trace.traceId();
  }

  @Override
  public @Nullable String getCurrentSpanId() {
    CallTrace trace = current.get();
    return trace == null ? null : trace.spanId();
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
