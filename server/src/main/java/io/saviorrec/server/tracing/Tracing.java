package io.saviorrec.server.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.saviorrec.server.config.TracingConfig;
import io.saviorrec.server.metrics.Meters;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Traces of calls, as parts of their callers' traces (W3C `traceparent` and `tracestate`), sent to
/// a collector by OTLP.
///
/// Spans wait for the collector in a queue of bounded length; it can neither slow a call down nor
/// make it fail.
public final class Tracing implements AutoCloseable {
  private static final String NAME = "savior";
  private static final Duration EXPORT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration LAST_SPANS = Duration.ofSeconds(2);

  private final @Nullable SdkTracerProvider provider;
  private final @Nullable Tracer tracer;

  private Tracing(@Nullable SdkTracerProvider provider) {
    this.provider = provider;
    this.tracer = provider == null ? null : provider.get(NAME);
  }

  /// Traces nothing.
  public static Tracing off() {
    return new Tracing(null);
  }

  /// As configured.
  ///
  /// @param version of the server
  public static Tracing start(TracingConfig config, String version, Meters meters) {
    String endpoint = config.endpoint();
    if (endpoint == null) {
      return off();
    }
    BoundedExport export =
        new BoundedExport(
            OtlpHttpSpanExporter.builder()
                .setEndpoint(endpoint)
                .setTimeout(EXPORT_TIMEOUT)
                .setConnectTimeout(EXPORT_TIMEOUT)
                .build(),
            endpoint,
            meters);
    return new Tracing(
        SdkTracerProvider.builder()
            .setResource(
                Resource.builder()
                    .put("service.name", NAME)
                    .put("service.version", version)
                    .build())
            .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(config.sampleRatio())))
            .addSpanProcessor(export)
            .build());
  }

  /// Begins a call's span; in the trace of its caller when the headers name one.
  ///
  /// @param method for instance `saviorrec.v1.Scoring/Score`
  /// @param headers the value of a header, null when it is absent
  /// @param peer the caller's address
  public CallSpan begin(
      String method, UnaryOperator<@Nullable String> headers, Supplier<String> peer) {
    if (tracer == null) {
      return new CallSpan(null, Span.getInvalid(), peer);
    }
    Context parent =
        W3CTraceContextPropagator.getInstance().extract(Context.root(), headers, Headers.GETTER);
    Span span =
        tracer.spanBuilder(method).setParent(parent).setSpanKind(SpanKind.SERVER).startSpan();
    if (span.isRecording()) {
      int slash = method.indexOf('/');
      span.setAttribute("rpc.system", "grpc");
      span.setAttribute("rpc.service", method.substring(0, Math.max(0, slash)));
      span.setAttribute("rpc.method", method.substring(slash + 1));
      span.setAttribute("network.peer.address", peer.get());
    }
    return new CallSpan(tracer, span, peer);
  }

  /// Sends what still waits, for a moment at most.
  @Override
  public void close() {
    if (provider != null) {
      provider.shutdown().join(LAST_SPANS.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private enum Headers implements TextMapGetter<UnaryOperator<@Nullable String>> {
    GETTER;

    @Override
    public @Nullable String get(@Nullable UnaryOperator<@Nullable String> headers, String name) {
      return headers == null ? null : headers.apply(name);
    }
  }
}
