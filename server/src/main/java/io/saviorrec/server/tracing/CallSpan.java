package io.saviorrec.server.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.saviorrec.server.request.CallTrace;
import io.saviorrec.server.request.Stage;
import io.saviorrec.server.request.StageTimes;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One call in its trace: a span of its own, and at its end one below it for each stage.
public final class CallSpan implements CallTrace {
  private static final Stage[] STAGES = Stage.values();

  private final @Nullable Tracer tracer;
  private final Span span;
  private final Supplier<String> peer;
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile @Nullable StageTimes times;

  /// @param tracer null when nothing is traced
  CallSpan(@Nullable Tracer tracer, Span span, Supplier<String> peer) {
    this.tracer = tracer;
    this.span = span;
    this.peer = peer;
  }

  @Override
  public String traceId() {
    return span.isRecording() ? span.getSpanContext().getTraceId() : "";
  }

  @Override
  public String spanId() {
    return span.isRecording() ? span.getSpanContext().getSpanId() : "";
  }

  @Override
  public String peer() {
    return peer.get();
  }

  @Override
  public void attribute(String name, String value) {
    span.setAttribute(name, value);
  }

  @Override
  public void attribute(String name, long value) {
    span.setAttribute(name, value);
  }

  @Override
  public void follow(StageTimes newTimes) {
    times = newTimes;
  }

  /// Ends the call, once however often it is called.
  ///
  /// @param status `OK` or the name of the gRPC code that the caller sees
  public void end(String status) {
    if (!span.isRecording() || ended.getAndSet(true)) {
      return;
    }
    span.setAttribute("status", status);
    if (!status.equals("OK")) {
      span.setStatus(StatusCode.ERROR, status);
    }
    StageTimes reached = times;
    if (tracer != null && reached != null) {
      stages(tracer, reached);
    }
    span.end();
  }

  /// The stages follow each other from the call's arrival on.
  private void stages(Tracer from, StageTimes reached) {
    Context parent = Context.root().with(span);
    Instant now = Instant.now();
    long start =
        TimeUnit.SECONDS.toNanos(now.getEpochSecond())
            + now.getNano()
            - (System.nanoTime() - reached.arrivedNanos());
    for (Stage stage : STAGES) {
      long nanos = reached.nanos(stage);
      if (nanos > 0) {
        from.spanBuilder(stage.name().toLowerCase(Locale.ROOT))
            .setParent(parent)
            .setStartTimestamp(start, TimeUnit.NANOSECONDS)
            .startSpan()
            .end(start + nanos, TimeUnit.NANOSECONDS);
        start += nanos;
      }
    }
  }
}
