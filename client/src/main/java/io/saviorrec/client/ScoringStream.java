package io.saviorrec.client;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreResult;
import io.saviorrec.proto.v1.ScoreStreamRequest;
import io.saviorrec.proto.v1.ScoreStreamResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// One open call to one server, by which scoring requests go one after the other, and their answers
/// come as they are ready.
///
/// A request fails that has no answer within the deadline, wherever it is, and one that comes while
/// [#MOST_WAITING] others wait.
///
/// When it breaks, every request that is on its way fails with the same [CallException], and so
/// does each later one; open another then. A server that stops breaks it, as it would any open
/// call. Thread-safe.
public final class ScoringStream implements AutoCloseable {
  /// More than a server takes of one stream at a time, so that it never waits for the client.
  static final int MOST_WAITING = 1000;

  private final String target;
  private final Duration deadline;
  private final Map<Long, CompletableFuture<ScoreResponse>> waiting = new HashMap<>();
  private @Nullable ClientCallStreamObserver<ScoreStreamRequest> requests;
  private @Nullable CallException broken;
  private boolean closed;
  private long sent;

  private ScoringStream(String target, Duration deadline) {
    this.target = target;
    this.deadline = deadline;
  }

  static ScoringStream open(ManagedChannel channel, String target, Duration deadline) {
    ScoringStream stream = new ScoringStream(target, deadline);
    var _ =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(ScoringGrpc.getScoreStreamMethod(), CallOptions.DEFAULT),
            stream.new Answers());
    return stream;
  }

  /// Sends a request. The future fails with a [CallException] when the request does, alone, or when
  /// the stream breaks.
  ///
  /// @throws IllegalStateException after [#close]
  public synchronized CompletableFuture<ScoreResponse> score(ScoreRequest request) {
    if (closed) {
      throw new IllegalStateException("the stream is closed");
    }
    if (broken != null) {
      return CompletableFuture.failedFuture(broken);
    }
    if (waiting.size() == MOST_WAITING) {
      return CompletableFuture.failedFuture(
          failure(
              Status.RESOURCE_EXHAUSTED.withDescription(
                  MOST_WAITING + " requests of this stream wait already")));
    }
    CompletableFuture<ScoreResponse> answer =
        new CompletableFuture<ScoreResponse>().orTimeout(deadline.toNanos(), TimeUnit.NANOSECONDS);
    long sequence = ++sent;
    waiting.put(sequence, answer);
    var _ = answer.whenComplete((_, _) -> forget(sequence));
    Objects.requireNonNull(requests, "set when the call begins")
        .onNext(
            ScoreStreamRequest.newBuilder()
                .setSequence(sequence)
                .setRequest(request)
                .setTimeoutMs(Math.clamp(deadline.toMillis(), 1, Integer.MAX_VALUE))
                .build());
    return answer.exceptionallyCompose(
        e ->
            CompletableFuture.failedFuture(
                e instanceof TimeoutException ? failure(Status.DEADLINE_EXCEEDED) : e));
  }

  private synchronized void forget(long sequence) {
    waiting.remove(sequence);
  }

  /// Sends no more; answers of what was sent still come.
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      if (broken == null && requests != null) {
        requests.onCompleted();
      }
    }
  }

  private synchronized @Nullable CompletableFuture<ScoreResponse> take(long sequence) {
    return waiting.remove(sequence);
  }

  private CallException failure(Status status) {
    return CallException.of(status, target, deadline, status.asRuntimeException());
  }

  private void broke(Status status) {
    CallException why = failure(status);
    List<CompletableFuture<ScoreResponse>> left;
    synchronized (this) {
      broken = why;
      left = List.copyOf(waiting.values());
      waiting.clear();
    }
    left.forEach(answer -> answer.completeExceptionally(why));
  }

  private final class Answers
      implements ClientResponseObserver<ScoreStreamRequest, ScoreStreamResponse> {
    @Override
    public void beforeStart(ClientCallStreamObserver<ScoreStreamRequest> stream) {
      synchronized (ScoringStream.this) {
        requests = stream;
      }
    }

    @Override
    public void onNext(ScoreStreamResponse response) {
      CompletableFuture<ScoreResponse> answer = take(response.getSequence());
      if (answer == null) {
        return;
      }
      ScoreResult result = response.getResult();
      if (result.hasError()) {
        answer.completeExceptionally(
            failure(
                Status.fromCodeValue(result.getError().getCode())
                    .withDescription(result.getError().getMessage())));
      } else {
        answer.complete(result.getResponse());
      }
    }

    @Override
    public void onError(Throwable cause) {
      broke(Status.fromThrowable(cause));
    }

    @Override
    public void onCompleted() {
      broke(Status.UNAVAILABLE.withDescription("the server ended the stream"));
    }
  }
}
