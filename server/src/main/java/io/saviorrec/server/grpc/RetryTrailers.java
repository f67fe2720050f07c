package io.saviorrec.server.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.saviorrec.server.request.RequestException;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;

/// The trailers that tell a caller when to come back: `grpc-retry-pushback-ms`, which clients of
/// gRPC obey by themselves, and the same as a `google.rpc.RetryInfo`.
final class RetryTrailers {
  static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);
  static final Metadata.Key<com.google.rpc.Status> DETAILS =
      Metadata.Key.of(
          "grpc-status-details-bin",
          ProtoUtils.metadataMarshaller(com.google.rpc.Status.getDefaultInstance()));

  private RetryTrailers() {}

  /// Empty for a failure that says nothing of when.
  ///
  /// @param status of the failure, which the details repeat
  static Metadata of(Throwable failure, Status status) {
    Metadata trailers = new Metadata();
    OptionalLong millis = retryAfterMillis(failure);
    if (millis.isPresent()) {
      trailers.put(PUSHBACK, Long.toString(millis.getAsLong()));
      RetryInfo info = RetryInfo.newBuilder().setRetryDelay(delay(millis.getAsLong())).build();
      trailers.put(
          DETAILS,
          com.google.rpc.Status.newBuilder()
              .setCode(status.getCode().value())
              .setMessage(String.valueOf(status.getDescription()))
              .addDetails(Any.pack(info))
              .build());
    }
    return trailers;
  }

  private static Duration delay(long millis) {
    return Duration.newBuilder()
        .setSeconds(millis / 1000)
        .setNanos((int) (millis % 1000) * 1_000_000)
        .build();
  }

  private static OptionalLong retryAfterMillis(Throwable failure) {
    return switch (failure) {
      case CompletionException e when e.getCause() != null -> retryAfterMillis(e.getCause());
      case RequestException e -> e.retryAfterMillis();
      default -> OptionalLong.empty();
    };
  }
}
