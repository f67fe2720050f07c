package io.saviorrec.client;

import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.TlsChannelCredentials;
import io.saviorrec.client.ClientConfig.Retries;
import io.saviorrec.client.ClientConfig.Tls;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Channels as a configuration describes them, for those who make calls of their own on one.
public final class Channels {
  /// Calls of this many bytes together may be kept for a retry.
  private static final long RETRY_BUFFER_BYTES = 256L << 20;

  private Channels() {}

  /// A channel that connects at its first call.
  ///
  /// @param interceptors around every call, the first of them outermost
  /// @throws IllegalArgumentException when a file of `tls` cannot be used
  public static ManagedChannel open(
      ClientConfig config, List<? extends ClientInterceptor> interceptors) {
    ManagedChannelBuilder<?> builder =
        Grpc.newChannelBuilder(config.target(), credentials(config.tls()))
            .maxInboundMessageSize(config.maxMessageBytes())
            .userAgent(config.userAgent())
            // gRPC takes the last for the outermost.
            .intercept(List.copyOf(interceptors.reversed()))
            .keepAliveTime(config.keepAlive().interval().toNanos(), TimeUnit.NANOSECONDS)
            .keepAliveTimeout(config.keepAlive().timeout().toNanos(), TimeUnit.NANOSECONDS)
            // What a name server says of retries must not overrule the configuration.
            .disableServiceConfigLookUp()
            .defaultServiceConfig(serviceConfig(config.retries()));
    if (config.retries().maxAttempts() == 1) {
      // Without it gRPC keeps every call all the same, and sends again what a server turned away.
      builder.disableRetry();
    } else {
      builder
          .retryBufferSize(RETRY_BUFFER_BYTES)
          // A longer call would not be kept, and so not be retried.
          .perRpcBufferLimit(config.maxMessageBytes());
    }
    Token token = config.token();
    if (token != null) {
      CallCredentials credentials = new TokenCredentials(token);
      builder.intercept(
          new ClientInterceptor() {
            @Override
            public <Q, A> ClientCall<Q, A> interceptCall(
                MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
              return next.newCall(method, options.withCallCredentials(credentials));
            }
          });
    }
    if (config.tls() != null && config.tls().serverName() != null) {
      builder.overrideAuthority(config.tls().serverName());
    }
    return builder.build();
  }

  private static ChannelCredentials credentials(@Nullable Tls tls) {
    if (tls == null) {
      return InsecureChannelCredentials.create();
    }
    TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
    try {
      if (tls.authorities() != null) {
        builder.trustManager(readable("tls.authorities", tls.authorities()).toFile());
      }
      if (tls.certificates() != null && tls.key() != null) {
        builder.keyManager(
            readable("tls.certificates", tls.certificates()).toFile(),
            readable("tls.key", tls.key()).toFile());
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("tls: " + e.getMessage(), e);
    }
    return builder.build();
  }

  private static Path readable(String name, Path file) {
    if (!Files.isReadable(file)) {
      throw new IllegalArgumentException(name + ": " + file + " cannot be read");
    }
    return file;
  }

  /// gRPC's service config: JSON as maps, its numbers as doubles.
  private static Map<String, ?> serviceConfig(Retries retries) {
    List<Map<String, ?>> balancing = List.of(Map.of("round_robin", Map.of()));
    if (retries.maxAttempts() == 1) {
      return Map.of("loadBalancingConfig", balancing);
    }
    // Both services may be asked twice: scores change nothing, and a second upsert of the same
    // content stores the same again.
    Map<String, ?> methods =
        Map.of(
            "name",
            List.of(
                Map.of("service", ScoringGrpc.SERVICE_NAME),
                Map.of("service", ItemsGrpc.SERVICE_NAME)),
            "retryPolicy",
            Map.of(
                "maxAttempts", (double) retries.maxAttempts(),
                "initialBackoff", seconds(retries.firstDelay()),
                "maxBackoff", seconds(retries.maxDelay()),
                "backoffMultiplier", 2.0,
                "retryableStatusCodes", List.of("UNAVAILABLE")));
    Map<String, ?> budget =
        Map.of("maxTokens", (double) retries.budget(), "tokenRatio", retries.earnedPerSuccess());
    return Map.of(
        "loadBalancingConfig",
        balancing,
        "methodConfig",
        List.of(methods),
        "retryThrottling",
        budget);
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.9fs", duration.toNanos() / 1e9);
  }
}
