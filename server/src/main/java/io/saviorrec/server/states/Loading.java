package io.saviorrec.server.states;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/// The computation of some states by one call, which others wait for.
final class Loading {
  private final CompletableFuture<Void> done = new CompletableFuture<>();

  void complete() {
    done.complete(null);
  }

  void fail(Throwable cause) {
    done.completeExceptionally(cause);
  }

  /// Waits until the states are in their slots.
  ///
  /// @param state which state it waits for, for errors
  void await(Call call, Supplier<String> state) {
    try {
      done.get(call.remainingNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      call.check();
      throw new RequestException(
          ErrorCode.DEADLINE_EXCEEDED, "the deadline passed while states were computed", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RequestException shed) {
        throw shed;
      }
      throw new RequestException(
          ErrorCode.INTERNAL, "the state of " + state.get() + " could not be computed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RequestException(ErrorCode.UNAVAILABLE, "the server is shutting down", e);
    }
  }
}
