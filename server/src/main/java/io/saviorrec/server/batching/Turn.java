package io.saviorrec.server.batching;

import io.saviorrec.server.request.Call;
import org.jspecify.annotations.Nullable;

/// A piece of work whose turn has come, and what comes of it; used by the thread that runs it.
///
/// @param <J> the piece
/// @param <T> what comes of it
public final class Turn<J, T> {
  private final J piece;
  private final Call call;
  private final long queuedNanos;
  private @Nullable T value;
  private @Nullable Throwable failure;

  /// A turn that has not ended.
  public Turn(J piece, Call call, long queuedNanos) {
    this.piece = piece;
    this.call = call;
    this.queuedNanos = queuedNanos;
  }

  public J piece() {
    return piece;
  }

  public Call call() {
    return call;
  }

  /// How long it waited for its turn.
  public long queuedNanos() {
    return queuedNanos;
  }

  /// Ends it; the first end counts.
  public void succeed(T with) {
    if (!ended()) {
      value = with;
    }
  }

  /// Ends it; the first end counts.
  public void fail(Throwable with) {
    if (!ended()) {
      failure = with;
    }
  }

  public boolean ended() {
    return value != null || failure != null;
  }

  /// Null when it failed, or has not ended.
  public @Nullable T value() {
    return value;
  }

  /// Null when it did not fail.
  public @Nullable Throwable failure() {
    return failure;
  }
}
