package io.saviorrec.server.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.request.RequestException;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/// A call that is closed once, by whoever is first: its answer, a refusal, or the server's end.
/// Threads may use it at one time; what comes after the end is dropped.
final class OnceCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
  private final @Nullable CallAccount account;
  private boolean closed;

  OnceCall(ServerCall<Q, A> call, @Nullable CallAccount account) {
    super(call);
    this.account = account;
  }

  @Override
  public synchronized void request(int messages) {
    if (!closed) {
      super.request(messages);
    }
  }

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (!closed) {
      super.sendHeaders(headers);
    }
  }

  /// The answer's bytes are reserved too, and given back when its stream is over.
  @Override
  public synchronized void sendMessage(A message) {
    if (closed) {
      return;
    }
    try {
      if (account != null) {
        account.answered();
        account.answerQueued(length(message), isReady());
      }
      super.sendMessage(message);
    } catch (RequestException e) {
      close(StatusMapping.toStatus(e), new Metadata());
    }
  }

  private static int length(Object message) {
    try {
      return message instanceof InputStream bytes && message instanceof KnownLength
          ? bytes.available()
          : 0;
    } catch (IOException e) {
      throw new IllegalStateException("a message that is in memory cannot be read", e);
    }
  }

  /// The stream is gone: what is still said goes nowhere.
  synchronized void over() {
    closed = true;
  }

  /// Services that are not ours repeat what they were sent, however long it is.
  private static Status bounded(Status status) {
    String description = status.getDescription();
    return description == null ? status : status.withDescription(ErrorText.limit(description));
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    if (!closed) {
      closed = true;
      if (account != null) {
        account.closed(status);
      }
      super.close(bounded(status), trailers);
    }
  }
}
