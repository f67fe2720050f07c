package io.saviorrec.server.grpc;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.saviorrec.server.admission.ByteBudget;
import io.saviorrec.server.request.CallObserver;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import io.saviorrec.server.request.StageTimes;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// What one call has taken, from its headers until its stream is over and its work has ended: bytes
/// of the budget, time of its stages, and the status that its caller saw.
/*
 * Concurrency: gRPC tells of bytes and of the stream's end on the connection's thread, and calls
 * the handlers on another; the answer may come from a third. What they share is atomic or volatile.
 *
 * Lifetime: it has two holders, the stream and the work. Work goes on for a while when its caller
 * has gone, and an answer lies in the connection's buffers when its work is done; the memory is
 * given back and the end is told when both have let go.
 */
final class CallAccount extends ServerStreamTracer {
  private static final Context.Key<CallAccount> KEY = Context.key("savior call");

  /// Of a call that has sent no message: its headers, and the objects of gRPC and of ours.
  private static final int CALL_BYTES = 8 << 10;

  /// Frames around a message, and what compression adds to what cannot be compressed.
  private static final int WIRE_EXTRA = 4 << 10;

  /// A caller's deadline passes before the server's, by the time that the headers were on their
  /// way.
  private static final long MOST_EARLY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final String method;
  private final MethodRules rules;
  private final long deadlineNanos;
  private final CallObserver observer;
  private final StageTimes times;
  private final AtomicInteger holders = new AtomicInteger(1);
  private final AtomicLong wireBytes = new AtomicLong();
  private boolean over;

  /// Of a stream's answers; its call is locked when they are sent.
  private long queuedBytes;

  private volatile long messageWireBytes;
  private volatile long messageBytes;
  private volatile ByteBudget.@Nullable Reservation memory;
  private volatile ByteBudget.@Nullable Share uncountedIn;
  private volatile ByteBudget.@Nullable Share connection;
  private volatile @Nullable RequestException refusal;
  private volatile long answeredNanos;
  private volatile Status.Code sent = Status.Code.UNKNOWN;
  private volatile String status = Status.Code.UNKNOWN.name();

  /// @param method of the metrics
  /// @param deadlineNanos of `System.nanoTime()`
  CallAccount(
      String method,
      MethodRules rules,
      long arrivedNanos,
      long deadlineNanos,
      CallObserver observer) {
    this.method = method;
    this.rules = rules;
    this.deadlineNanos = deadlineNanos;
    this.observer = observer;
    this.times = new StageTimes(arrivedNanos);
  }

  /// The account of the call that the current thread handles; null outside of one.
  static @Nullable CallAccount current() {
    return KEY.get();
  }

  @Override
  public Context filterContext(Context context) {
    return context.withValue(KEY, this);
  }

  @Override
  public void serverCallStarted(ServerCallInfo<?, ?> call) {
    ByteBudget.Share share = call.getAttributes().get(CallLedger.SHARE);
    if (share == null) {
      throw new IllegalStateException("a connection without a share of the budget");
    }
    connection = share;
    // The stream may be over before a handler hears of its beginning.
    synchronized (this) {
      if (over) {
        return;
      }
      if (rules.counted()) {
        memory = share.reservation();
      }
    }
    try {
      if (rules.counted()) {
        grow(CALL_BYTES);
      } else {
        share.enter();
        uncountedIn = share;
      }
    } catch (RequestException e) {
      refusal = e;
    }
  }

  /// The same object for all calls of a connection, and for no other.
  Object connection() {
    return Objects.requireNonNull(connection, "of a call that has begun");
  }

  /// Fails when there was no room for the call itself.
  void requireAccepted() {
    RequestException why = refusal;
    if (why != null) {
      throw why;
    }
  }

  /// Bytes of a message that is not whole yet. What is thrown here becomes the call's status.
  @Override
  public void inboundWireSize(long bytes) {
    try {
      if (wireBytes.addAndGet(bytes) > (long) rules.mostBytes() + WIRE_EXTRA) {
        throw rules.tooLong();
      }
      grow(bytes);
    } catch (RequestException e) {
      wireBytes.addAndGet(-bytes);
      throw new Refused(StatusMapping.toStatus(e), new Metadata());
    }
  }

  @Override
  public void inboundMessageRead(int number, long wire, long uncompressed) {
    messageWireBytes = Math.max(0, wire);
  }

  /// The message has been read out of the connection's buffers.
  void messageRead() {
    long bytes = messageWireBytes;
    messageWireBytes = 0;
    wireBytes.addAndGet(-bytes);
    shrink(bytes);
  }

  /// Takes memory for the call.
  ///
  /// @throws RequestException RESOURCE_EXHAUSTED when there is none
  void grow(long bytes) {
    ByteBudget.Reservation held = memory;
    if (held != null) {
      held.grow(bytes);
    }
  }

  /// Takes memory for an answer until it has been sent. A unary call's one goes with its stream; of
  /// a stream's, those before have left the server when it is ready for another.
  ///
  /// @param ready whether the stream takes another answer at once
  void answerQueued(long bytes, boolean ready) {
    if (!rules.unary()) {
      if (ready) {
        shrink(queuedBytes);
        queuedBytes = 0;
      }
      queuedBytes += bytes;
    }
    grow(bytes);
  }

  void shrink(long bytes) {
    ByteBudget.Reservation held = memory;
    if (held != null) {
      held.shrink(bytes);
    }
  }

  /// The call's message is an object, for which so many bytes of what was taken are held.
  void decoded(long bytes) {
    messageBytes = bytes;
  }

  /// What was taken for the message that was just decoded, to be given back by the caller.
  long takeMessage() {
    long bytes = messageBytes;
    messageBytes = 0;
    return bytes;
  }

  /// The work for the call has ended; what is left to hold is its answer.
  void workEnded() {
    shrink(messageBytes);
    letGo();
  }

  StageTimes times() {
    return times;
  }

  /// The answer is an object; from now on it is on its way.
  void answered() {
    answeredNanos = System.nanoTime();
  }

  /// The call was closed with this status, which the caller may or may not get.
  void closed(Status with) {
    sent = with.getCode();
  }

  /// Work for the call begins, which may outlive its stream.
  void hold() {
    holders.incrementAndGet();
  }

  /// Work for the call, or its stream, has ended.
  void letGo() {
    if (holders.decrementAndGet() > 0) {
      return;
    }
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
    }
    ByteBudget.Reservation held = memory;
    if (held != null) {
      held.close();
    }
    ByteBudget.Share entered = uncountedIn;
    if (entered != null) {
      entered.leave();
    }
    observer.ended(method, status, times);
  }

  @Override
  public void streamClosed(Status ended) {
    long now = System.nanoTime();
    status = seen(ended.getCode(), now).name();
    if (answeredNanos != 0) {
      times.add(Stage.RESPOND, now - answeredNanos);
    }
    letGo();
  }

  private Status.Code seen(Status.Code ended, long now) {
    // gRPC calls it UNAVAILABLE when the connection was lost before our own status was sent.
    boolean lost = ended == Status.Code.UNAVAILABLE && sent != Status.Code.UNAVAILABLE;
    Status.Code code = lost ? Status.Code.CANCELLED : ended;
    if (!rules.unary()) {
      return code;
    }
    // A caller whose deadline passes hangs up, or does not listen any more for the answer.
    return switch (code) {
      case OK -> now - deadlineNanos >= 0 ? Status.Code.DEADLINE_EXCEEDED : code;
      case CANCELLED -> now - deadlineNanos >= -earlyNanos() ? Status.Code.DEADLINE_EXCEEDED : code;
      default -> code;
    };
  }

  private long earlyNanos() {
    return Math.min(MOST_EARLY_NANOS, (deadlineNanos - times.arrivedNanos()) / 10);
  }
}
