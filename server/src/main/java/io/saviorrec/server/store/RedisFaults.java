package io.saviorrec.server.store;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/// What is wrong with a Redis, in plain words.
final class RedisFaults {
  private static final int DEEPEST = 10;

  private RedisFaults() {}

  /// Of a failure of the store, which may have one of Redis or of the network below it.
  static String reason(StoreException failure) {
    @Nullable Throwable cause = failure.getCause();
    if (!(cause instanceof JedisException)) {
      return String.valueOf(failure.getMessage());
    }
    // Jedis keeps what the network says beside its own failure.
    for (int depth = 0; cause != null && depth < DEEPEST; depth++) {
      String said = said(cause);
      for (Throwable beside : cause.getSuppressed()) {
        said = said == null ? said(beside) : said;
      }
      if (said != null) {
        return said;
      }
      cause = cause.getCause();
    }
    return "the connection was cut";
  }

  private static @Nullable String said(Throwable failure) {
    return switch (failure) {
      case JedisDataException refusal -> "it refuses: " + firstLine(refusal);
      case UnknownHostException _ -> "there is no such host";
      case ConnectException _ -> "nothing listens there";
      case SocketTimeoutException _ -> "it does not answer within items.redis.timeout";
      case SSLException _ -> "its certificate is not trusted, or it does not encrypt";
      default -> null;
    };
  }

  private static String firstLine(JedisDataException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason");
  }
}
