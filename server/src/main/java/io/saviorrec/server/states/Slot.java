package io.saviorrec.server.states;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A place in a state table while it belongs to one key, counted by who may still name it: the
/// cache, and each call in flight.
final class Slot<K> {
  final K key;
  final int number;
  final ReferenceCount holders;
  private final CompletableFuture<Void> loaded = new CompletableFuture<>();

  /// @param holders how many hold it from the start
  Slot(K key, int number, int holders) {
    this.key = key;
    this.number = number;
    this.holders = new ReferenceCount(holders);
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
  ///
  /// @param what the kind of key, for errors
  void await(Call call, String what) {
    if (isLoaded()) {
      return;
    }
    try {
      loaded.get(call.remainingNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      call.check();
      throw new RequestException(
          ErrorCode.DEADLINE_EXCEEDED, "the deadline passed while states were computed", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RequestException shed) {
        throw shed;
      }
      throw new RequestException(
          ErrorCode.INTERNAL, "the state of " + what + " " + key + " could not be computed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RequestException(ErrorCode.UNAVAILABLE, "the server is shutting down", e);
    }
  }
}
