package io.saviorrec.server.store;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.SslVerifyMode;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisException;

/// One connection to a Redis, made when it is needed and made again after it was cut.
///
/// Work may run twice, when the connection was cut before: it must do no harm by that.
///
/// Concurrency: one piece of work at a time.
final class RedisLink implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RedisLink.class);

  private static final String STORE_TYPE = "PKCS12";

  /// Of a store of certificates, which are public.
  private static final char[] NO_SECRET = "public".toCharArray();

  private final RedisAddress address;
  private final Consumer<Jedis> greeting;
  private @Nullable Jedis open;

  /// @param greeting done on each new connection
  RedisLink(RedisAddress address, Consumer<Jedis> greeting) {
    this.address = address;
    this.greeting = greeting;
  }

  /// Does work on the connection.
  ///
  /// @throws StoreException when Redis cannot be reached or refuses it
  synchronized <T> T with(Function<Jedis, T> work) {
    boolean fresh = open == null;
    try {
      return work.apply(connected());
    } catch (JedisConnectionException e) {
      close();
      if (fresh) {
        throw unreachable(e);
      }
    } catch (JedisException e) {
      throw refused(e);
    }
    // It may have been cut long ago.
    try {
      return work.apply(connected());
    } catch (JedisConnectionException e) {
      close();
      throw unreachable(e);
    } catch (JedisException e) {
      throw refused(e);
    }
  }

  private Jedis connected() {
    Jedis jedis = open;
    if (jedis == null) {
      jedis = connect(address);
      open = jedis;
      greeting.accept(jedis);
    }
    return jedis;
  }

  /// The address is for the log; a caller is told what it means to him.
  private StoreException unreachable(JedisConnectionException e) {
    log.debug("no connection to Redis at {}", address, e);
    return new StoreException(
        "the item store cannot be reached; nothing is stored until it can", e);
  }

  private StoreException refused(JedisException e) {
    String message = String.valueOf(e.getMessage());
    log.error("Redis at {} refuses: {}", address, message);
    return message.startsWith("OOM")
        ? StoreException.outOfMemory(e)
        : new StoreException("the item store refuses the request", e);
  }

  /// A connection of one's own.
  static Jedis connect(RedisAddress address) {
    DefaultJedisClientConfig.Builder config =
        DefaultJedisClientConfig.builder()
            .resp2()
            .connectionTimeoutMillis((int) address.timeout().toMillis())
            .socketTimeoutMillis((int) address.timeout().toMillis())
            .clientName("savior-server");
    if (address.user() != null) {
      config.user(address.user());
    }
    if (address.passwordFile() != null) {
      config.password(password(address.passwordFile()));
    }
    if (address.tls()) {
      config.sslOptions(encryption(address.authorities()));
    }
    return new Jedis(new HostAndPort(address.host(), address.port()), config.build());
  }

  private static String password(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new StoreException(
          "items.redis.passwordFile: " + file + " cannot be read: " + StoreFaults.reason(e), e);
    }
  }

  /// Checks that the certificate is that of the host: whoever has any trusted one could pass as it
  /// otherwise.
  private static SslOptions encryption(@Nullable Path authorities) {
    SslOptions.Builder options = SslOptions.builder().sslVerifyMode(SslVerifyMode.FULL);
    if (authorities != null) {
      byte[] trusted = trusted(authorities);
      options
          .trustStoreType(STORE_TYPE)
          .truststore(() -> new ByteArrayInputStream(trusted), NO_SECRET.clone());
    }
    return options.build();
  }

  /// The certificates of a PEM file as a store in memory.
  private static byte[] trusted(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore trusted = KeyStore.getInstance(STORE_TYPE);
      trusted.load(null, null);
      int count = 0;
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        trusted.setCertificateEntry("authority-" + count++, each);
      }
      if (count == 0) {
        throw new StoreException("items.redis.authorities: " + file + " has no certificate");
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      trusted.store(out, NO_SECRET.clone());
      return out.toByteArray();
    } catch (IOException e) {
      throw new StoreException(
          "items.redis.authorities: " + file + " cannot be read: " + StoreFaults.reason(e), e);
    } catch (GeneralSecurityException e) {
      throw new StoreException(
          "items.redis.authorities: " + file + " is no PEM file of certificates", e);
    }
  }

  @Override
  public synchronized void close() {
    Jedis jedis = open;
    open = null;
    if (jedis != null) {
      try {
        jedis.close();
      } catch (JedisException e) {
        log.debug("closing the connection to Redis at {}", address, e);
      }
    }
  }
}
