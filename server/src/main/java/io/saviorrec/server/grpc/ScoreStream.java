package io.saviorrec.server.grpc;

import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.proto.v1.ScoreResult;
import io.saviorrec.proto.v1.ScoreStreamRequest;
import io.saviorrec.proto.v1.ScoreStreamResponse;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.scoring.ScoreAnswer;
import io.saviorrec.server.scoring.Scorer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// One open call by which requests come one after the other and answers go back as they are ready.
///
/// At most [#AT_ONCE] of its requests are here at a time, those included whose answers the caller
/// has not taken: only then is another one read. So a caller that sends faster than it is served,
/// or does not read, waits in its own buffers.
final class ScoreStream implements StreamObserver<ScoreStreamRequest> {
  static final int AT_ONCE = 32;

  private final Supplier<Scorer> scorer;
  private final ServerCallStreamObserver<ScoreStreamResponse> answers;
  private final ScheduledExecutorService timer;
  private final Duration longest;
  private final Context context;
  private final CallAccount account;

  private int here;
  private int unread;
  private boolean allCame;
  private boolean over;

  /// Told when it is over.
  private final Consumer<ScoreStream> ended;

  private ScoreStream(
      Supplier<Scorer> scorer,
      ServerCallStreamObserver<ScoreStreamResponse> answers,
      ScheduledExecutorService timer,
      Duration longest,
      Context context,
      CallAccount account,
      Consumer<ScoreStream> ended) {
    this.scorer = scorer;
    this.answers = answers;
    this.timer = timer;
    this.longest = longest;
    this.context = context;
    this.account = account;
    this.ended = ended;
  }

  /// Begins to read.
  ///
  /// @param begun told of it, before anything is read
  /// @param ended told when it is over
  /// @param timer ends requests whose time is over
  /// @param longest time of a request that names none
  static StreamObserver<ScoreStreamRequest> open(
      Supplier<Scorer> scorer,
      StreamObserver<ScoreStreamResponse> observer,
      ScheduledExecutorService timer,
      Duration longest,
      Consumer<ScoreStream> begun,
      Consumer<ScoreStream> ended) {
    CallAccount account = CallAccount.current();
    if (account == null) {
      throw new IllegalStateException("a call without an account");
    }
    ServerCallStreamObserver<ScoreStreamResponse> answers =
        (ServerCallStreamObserver<ScoreStreamResponse>) observer;
    ScoreStream stream =
        new ScoreStream(scorer, answers, timer, longest, Context.current(), account, ended);
    begun.accept(stream);
    answers.disableAutoRequest();
    answers.setOnCancelHandler(stream::cancelled);
    answers.setOnReadyHandler(stream::readOn);
    answers.request(AT_ONCE);
    return stream;
  }

  @Override
  public void onNext(ScoreStreamRequest message) {
    long bytes = account.takeMessage();
    synchronized (this) {
      here++;
    }
    Context.CancellableContext own =
        context.withDeadlineAfter(nanos(message), TimeUnit.NANOSECONDS, timer);
    var _ =
        new RequestPart(own, account)
            .result(call -> score(message, call))
            .thenAccept(
                result -> {
                  own.cancel(null);
                  account.shrink(bytes);
                  answer(message.getSequence(), result);
                });
  }

  private CompletableFuture<ScoreAnswer> score(ScoreStreamRequest message, Call call) {
    if (message.getTimeoutMs() < 0) {
      throw RequestException.invalid(
          "timeout_ms must not be negative, was " + message.getTimeoutMs());
    }
    return scorer.get().score(RequestDecoder.decode(message.getRequest()), call);
  }

  private long nanos(ScoreStreamRequest message) {
    long most = longest.toNanos();
    return message.getTimeoutMs() == 0
        ? most
        : Math.min(most, TimeUnit.MILLISECONDS.toNanos(message.getTimeoutMs()));
  }

  private synchronized void answer(long sequence, ScoreResult result) {
    here--;
    if (over) {
      return;
    }
    answers.onNext(
        ScoreStreamResponse.newBuilder().setSequence(sequence).setResult(result).build());
    unread++;
    if (allCame && here == 0) {
      end();
    } else {
      readOn();
    }
  }

  /// For each answer that the connection has taken, one more request.
  private synchronized void readOn() {
    if (!over && !allCame && answers.isReady() && unread > 0) {
      answers.request(unread);
      unread = 0;
    }
  }

  private synchronized void cancelled() {
    over = true;
    ended.accept(this);
  }

  /// Ends it for a server that stops: what is here is answered, and nothing more is read.
  synchronized void stop() {
    onCompleted();
  }

  @Override
  public void onError(Throwable failure) {
    cancelled();
  }

  /// No more requests come; the answers of those that are here do still.
  @Override
  public synchronized void onCompleted() {
    allCame = true;
    if (here == 0) {
      end();
    }
  }

  private void end() {
    if (!over) {
      over = true;
      answers.onCompleted();
      ended.accept(this);
    }
  }
}
