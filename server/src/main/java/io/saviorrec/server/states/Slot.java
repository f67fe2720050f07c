package io.saviorrec.server.states;

import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/// An item's place in the state table, counted by who may still name it: the cache, and each call
/// in flight.
final class Slot {
  final long itemId;
  final int slot;
  final ScoreSource source;
  private final CompletableFuture<Void> loaded = new CompletableFuture<>();

  /// 0: nobody names the slot, and it has gone back to the pool; it never rises from there.
  private final AtomicInteger holders;

  /// @param holders how many hold it from the start
  Slot(long itemId, int slot, ScoreSource source, int holders) {
    this.itemId = itemId;
    this.slot = slot;
    this.source = source;
    this.holders = new AtomicInteger(holders);
  }

  /// False when the slot has already been given back.
  boolean retain() {
    return holders.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
  }

  /// True for the caller that was the last to hold it and must give the slot back.
  boolean release() {
    int left = holders.decrementAndGet();
    if (left < 0) {
      throw new IllegalStateException("slot " + slot + " of item " + itemId + " released twice");
    }
    return left == 0;
  }

  void complete() {
    loaded.complete(null);
  }

  void fail(Throwable cause) {
    loaded.completeExceptionally(cause);
  }

  boolean isLoaded() {
    return loaded.isDone() && !loaded.isCompletedExceptionally();
  }

  /// Waits until whoever computes the state has put it into the slot.
  void await(Call call) {
    if (isLoaded()) {
      return;
    }
    try {
      loaded.get(call.remainingNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      call.check();
      throw new RequestException(
          ErrorCode.DEADLINE_EXCEEDED, "the deadline passed while item states were computed", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RequestException shed) {
        throw shed;
      }
      throw new RequestException(
          ErrorCode.INTERNAL, "the state of item " + itemId + " could not be computed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RequestException(ErrorCode.UNAVAILABLE, "the server is shutting down", e);
    }
  }
}
