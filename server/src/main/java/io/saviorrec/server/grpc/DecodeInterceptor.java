package io.saviorrec.server.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;

/// Makes a call's message out of its bytes: decompresses them up to the method's limit, counts what
/// is in them, reserves what they will take, and only then decodes.
///
/// It stands before methods whose messages are [RawMessages]. What it throws is a request
/// exception, for [GuardInterceptor] to answer with.
final class DecodeInterceptor implements ServerInterceptor {
  private static final int FIRST_BUFFER = 8 << 10;

  private final Map<String, MethodRules> methods;

  DecodeInterceptor(Map<String, MethodRules> methods) {
    this.methods = methods;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String name = call.getMethodDescriptor().getFullMethodName();
    MethodRules rules = methods.get(name);
    CallAccount account = CallAccount.current();
    if (rules == null || account == null) {
      throw new IllegalStateException(name + " has no rules or no account");
    }
    return new Decoding<>(next.startCall(call, headers), rules, account);
  }

  private static final class Decoding<Q> extends SimpleForwardingServerCallListener<Q> {
    private final MethodRules rules;
    private final CallAccount account;
    private boolean received;

    Decoding(ServerCall.Listener<Q> next, MethodRules rules, CallAccount account) {
      super(next);
      this.rules = rules;
      this.account = account;
    }

    @Override
    @SuppressWarnings("unchecked") // the method's messages are streams on both sides
    public void onMessage(Q message) {
      received = true;
      byte[] body = bytes((InputStream) message);
      account.messageRead();
      MessageShape.Counts counts = count(body);
      long heap = counts.heap();
      account.grow(heap);
      Q decoded = (Q) decode(body, counts);
      long now = System.nanoTime();
      if (rules.unary()) {
        long before = account.times().arrivedNanos() + account.times().nanos(Stage.ADMIT);
        account.times().add(Stage.DECODE, now - before);
      }
      account.decoded(heap + body.length);
      super.onMessage(decoded);
      if (!rules.unary()) {
        // Nothing, where the handler has taken it.
        account.shrink(account.takeMessage());
      }
    }

    @Override
    public void onHalfClose() {
      if (rules.unary() && !received) {
        throw RequestException.invalid("the call has no message");
      }
      super.onHalfClose();
    }

    /// The whole message, decompressed; a buffer is reserved before it is made.
    private byte[] bytes(InputStream in) {
      try {
        int known = in instanceof KnownLength ? in.available() : 0;
        if (known > rules.mostBytes()) {
          throw rules.tooLong();
        }
        byte[] buffer = buffer(known > 0 ? known : Math.min(FIRST_BUFFER, rules.mostBytes()));
        int length = 0;
        while (true) {
          int read = in.readNBytes(buffer, length, buffer.length - length);
          length += read;
          if (length < buffer.length || known == length) {
            break;
          }
          int next = in.read();
          if (next < 0) {
            break;
          }
          if (length == rules.mostBytes()) {
            throw rules.tooLong();
          }
          buffer = longer(buffer);
          buffer[length++] = (byte) next;
        }
        return length == buffer.length ? buffer : shorter(buffer, length);
      } catch (IOException e) {
        throw RequestException.invalid("the message cannot be decompressed");
      }
    }

    private byte[] buffer(int bytes) {
      account.grow(bytes);
      return new byte[bytes];
    }

    private byte[] longer(byte[] buffer) {
      int bytes = (int) Math.min(rules.mostBytes(), 2L * buffer.length);
      account.grow(bytes);
      byte[] longer = Arrays.copyOf(buffer, bytes);
      account.shrink(buffer.length);
      return longer;
    }

    private byte[] shorter(byte[] buffer, int bytes) {
      byte[] shorter = Arrays.copyOf(buffer, bytes);
      account.shrink(buffer.length - (long) bytes);
      return shorter;
    }

    private MessageShape.Counts count(byte[] body) {
      try {
        return rules.shape().check(body);
      } catch (IOException e) {
        throw malformed();
      }
    }

    private InputStream decode(byte[] body, MessageShape.Counts counts) {
      try {
        return rules.decoder().decode(body, counts);
      } catch (InvalidProtocolBufferException e) {
        throw malformed();
      }
    }

    private RequestException malformed() {
      return RequestException.invalid("the message is no valid protobuf of " + rules.name());
    }
  }
}
