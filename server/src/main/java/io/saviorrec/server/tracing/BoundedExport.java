package io.saviorrec.server.tracing;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.saviorrec.server.metrics.Meters;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends ended spans in batches, from a queue of bounded length, and counts what became of them. A
/// span that finds the queue full is dropped.
final class BoundedExport implements SpanProcessor {
  private static final Logger log = LoggerFactory.getLogger(BoundedExport.class);

  static final int QUEUE_CAPACITY = 4096;
  private static final int BATCH = 512;
  private static final Duration DELAY = Duration.ofSeconds(1);

  private final String endpoint;
  private final AtomicInteger waiting = new AtomicInteger();
  private final BatchSpanProcessor batches;
  private final Counter dropped;

  /// @param endpoint where the exporter sends to, for the log
  BoundedExport(SpanExporter exporter, String endpoint, Meters meters) {
    this.endpoint = endpoint;
    this.dropped = counter(meters, "dropped");
    this.batches =
        BatchSpanProcessor.builder(
                new Counted(exporter, counter(meters, "exported"), counter(meters, "failed")))
            // Never full: what would overflow it is dropped before, and counted.
            .setMaxQueueSize(QUEUE_CAPACITY + BATCH)
            .setMaxExportBatchSize(BATCH)
            .setScheduleDelay(DELAY)
            .build();
  }

  private static Counter counter(Meters meters, String result) {
    return meters.counter(
        "savior.trace.spans",
        "Spans of traced calls by what became of them",
        Tags.of("result", result));
  }

  @Override
  public void onStart(Context parent, ReadWriteSpan span) {
    batches.onStart(parent, span);
  }

  @Override
  public boolean isStartRequired() {
    return batches.isStartRequired();
  }

  @Override
  public void onEnd(ReadableSpan span) {
    if (!span.getSpanContext().isSampled()) {
      return;
    }
    if (waiting.incrementAndGet() > QUEUE_CAPACITY) {
      waiting.decrementAndGet();
      dropped.increment();
      return;
    }
    batches.onEnd(span);
  }

  @Override
  public boolean isEndRequired() {
    return true;
  }

  @Override
  public CompletableResultCode shutdown() {
    return batches.shutdown();
  }

  @Override
  public CompletableResultCode forceFlush() {
    return batches.forceFlush();
  }

  private final class Counted implements SpanExporter {
    private final SpanExporter exporter;
    private final Counter exported;
    private final Counter failed;

    Counted(SpanExporter exporter, Counter exported, Counter failed) {
      this.exporter = exporter;
      this.exported = exported;
      this.failed = failed;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      int count = spans.size();
      waiting.addAndGet(-count);
      CompletableResultCode result = exporter.export(spans);
      return result.whenComplete(
          () -> {
            if (result.isSuccess()) {
              exported.increment(count);
            } else {
              failed.increment(count);
              log.warn("spans cannot be sent to tracing.endpoint {}", endpoint);
            }
          });
    }

    @Override
    public CompletableResultCode flush() {
      return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return exporter.shutdown();
    }
  }
}
