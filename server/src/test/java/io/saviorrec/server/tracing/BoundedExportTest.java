package io.saviorrec.server.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.saviorrec.server.metrics.ServerMetrics;
import java.util.Collection;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BoundedExportTest {
  private static final int SPANS = 20_000;

  private final ServerMetrics metrics = new ServerMetrics();

  @AfterEach
  void close() {
    metrics.close();
  }

  @Test
  void spansThatACollectorDoesNotTakeAreDroppedAndCounted() {
    Stuck collector = new Stuck();
    BoundedExport export = new BoundedExport(collector, "nowhere", metrics.group());
    SdkTracerProvider provider = SdkTracerProvider.builder().addSpanProcessor(export).build();

    for (int i = 0; i < SPANS; i++) {
      provider.get("test").spanBuilder("call").startSpan().end();
    }

    assertThat(count("dropped")).isBetween(SPANS - 3.0 * BoundedExport.QUEUE_CAPACITY, SPANS * 1.0);
    collector.let.countDown();
    provider.shutdown().join(30, TimeUnit.SECONDS);
    assertThat(count("dropped") + count("failed") + count("exported")).isEqualTo(SPANS);
    assertThat(count("failed")).isPositive();
  }

  private double count(String result) {
    String line = "savior_trace_spans_total{result=\"" + result + "\"} ";
    return metrics
        .scrape()
        .lines()
        .filter(each -> each.startsWith(line))
        .mapToDouble(each -> Double.parseDouble(each.substring(line.length())))
        .findFirst()
        .orElse(Double.NaN);
  }

  /// A collector that takes nothing until it is let, and then refuses.
  private static final class Stuck implements SpanExporter {
    private final CountDownLatch let = new CountDownLatch(1);

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      try {
        let.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
      return CompletableResultCode.ofFailure();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }
}
