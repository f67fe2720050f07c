package io.saviorrec.server.grpc;

import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.ServerTransportFilter;
import io.saviorrec.server.admission.ByteBudget;
import io.saviorrec.server.config.LimitsConfig;
import io.saviorrec.server.request.CallObserver;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Opens an account for every call as soon as its headers are there, and gives it a deadline when
/// it has none.
///
/// The headers may be changed at that moment, before gRPC reads the deadline from them; so the
/// longest life of a call is an ordinary deadline to all that follows, and gRPC itself ends what
/// outlives it, an answer that nobody reads among it.
final class CallLedger extends ServerStreamTracer.Factory {
  /// Of the memory budget, for each connection.
  static final Attributes.Key<ByteBudget.Share> SHARE = Attributes.Key.create("savior memory");

  private static final Metadata.Key<String> TIMEOUT =
      Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);
  static final Metadata.Key<String> ENCODING =
      Metadata.Key.of("grpc-encoding", Metadata.ASCII_STRING_MARSHALLER);
  private static final Set<String> ENCODINGS = Set.of("identity", "gzip");

  /// The longest life of a call that does not count.
  private static final long UNCOUNTED_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Map<String, MethodRules> methods;
  private final MethodRules unknown;
  private final long longestNanos;
  private final CallObserver observer;

  CallLedger(Map<String, MethodRules> methods, LimitsConfig limits, CallObserver observer) {
    this.methods = methods;
    this.unknown = UnknownMethods.rules(limits);
    this.longestNanos = limits.longestCall().toNanos();
    this.observer = observer;
  }

  /// Gives every connection its share.
  static ServerTransportFilter shares(ByteBudget budget) {
    return new ServerTransportFilter() {
      @Override
      public Attributes transportReady(Attributes attributes) {
        return attributes.toBuilder().set(SHARE, budget.share()).build();
      }
    };
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
    long now = System.nanoTime();
    MethodRules rules = methods.getOrDefault(fullMethodName, unknown);
    String encoding = headers.get(ENCODING);
    if (encoding != null && !ENCODINGS.contains(encoding)) {
      // gRPC repeats the name in its error, however long it is.
      headers.discardAll(ENCODING);
      headers.put(ENCODING, "unknown");
    }
    long nanos = rules.unary() ? deadline(headers, rules) : Long.MAX_VALUE;
    return new CallAccount(rules.name(), rules, now, now + nanos, observer);
  }

  private long deadline(Metadata headers, MethodRules rules) {
    long longest = rules.counted() ? longestNanos : Math.min(longestNanos, UNCOUNTED_NANOS);
    String sent = headers.get(TIMEOUT);
    long nanos = sent == null ? Long.MAX_VALUE : nanos(sent);
    if (nanos > longest) {
      headers.discardAll(TIMEOUT);
      headers.put(TIMEOUT, TimeUnit.NANOSECONDS.toMillis(longest) + "m");
      return longest;
    }
    return nanos;
  }

  /// Of the header's value; what cannot be read is no deadline.
  private static long nanos(String timeout) {
    int last = timeout.length() - 1;
    if (last < 1 || last > 8 || !timeout.chars().limit(last).allMatch(c -> c >= '0' && c <= '9')) {
      return Long.MAX_VALUE;
    }
    TimeUnit unit = unit(timeout.charAt(last));
    return unit == null ? Long.MAX_VALUE : unit.toNanos(Long.parseLong(timeout.substring(0, last)));
  }

  private static @Nullable TimeUnit unit(char letter) {
    return switch (letter) {
      case 'n' -> TimeUnit.NANOSECONDS;
      case 'u' -> TimeUnit.MICROSECONDS;
      case 'm' -> TimeUnit.MILLISECONDS;
      case 'S' -> TimeUnit.SECONDS;
      case 'M' -> TimeUnit.MINUTES;
      case 'H' -> TimeUnit.HOURS;
      default -> null;
    };
  }
}
