package io.saviorrec.server.request;

/// The caller's side of a request: whether anybody still waits for the answer, and for how long.
public interface Call {
  /// The name of callers that nobody asked for one.
  String ANONYMOUS = "anonymous";

  /// The [#source] of the server's own calls, which take no share from anybody.
  Object OWN = new Object();

  /// A call of the server's own, without a deadline, that nobody cancels.
  Call UNBOUNDED =
      new Call() {
        @Override
        public boolean cancelled() {
          return false;
        }

        @Override
        public long remainingNanos() {
          return Long.MAX_VALUE;
        }

        @Override
        public void onEnd(Runnable action) {}

        @Override
        public Object source() {
          return OWN;
        }

        @Override
        public StageTimes times() {
          return new StageTimes(System.nanoTime());
        }
      };

  boolean cancelled();

  /// Nanoseconds until the deadline, zero or less once it has passed; `Long.MAX_VALUE` when there
  /// is none.
  long remainingNanos();

  /// Runs `action` once when the caller cancels or the deadline passes, at once if it already has.
  void onEnd(Runnable action);

  /// Who calls, by the name of its token or certificate; `anonymous` when it did not say.
  default String caller() {
    return ANONYMOUS;
  }

  /// Whom the call counts for where callers share something: the same object for all of a caller's
  /// calls, by its name where it has one.
  default Object source() {
    return caller();
  }

  /// Whether the caller may name the version or label that answers.
  default boolean mayChoose() {
    return true;
  }

  /// Where the call's time goes.
  StageTimes times();

  /// What it is known by in traces and logs.
  default CallTrace trace() {
    return CallTrace.NONE;
  }

  /// Fails with DEADLINE_EXCEEDED or CANCELLED when nobody waits any more.
  default void check() {
    if (remainingNanos() <= 0) {
      throw new RequestException(
          ErrorCode.DEADLINE_EXCEEDED, "the deadline passed before the answer was ready");
    }
    if (cancelled()) {
      throw new RequestException(ErrorCode.CANCELLED, "the caller cancelled the call");
    }
  }
}
