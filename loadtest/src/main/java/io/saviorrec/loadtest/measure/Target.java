package io.saviorrec.loadtest.measure;

import io.grpc.Status;
import io.saviorrec.client.CallException;
import io.saviorrec.client.ClientConfig;
import io.saviorrec.loadtest.generator.Ending;
import io.saviorrec.loadtest.generator.LoadGenerator;
import io.saviorrec.loadtest.generator.LoadResult;
import io.saviorrec.loadtest.generator.OpenLoad;
import io.saviorrec.loadtest.generator.RequestSource;
import io.saviorrec.loadtest.requests.Prepared;
import io.saviorrec.loadtest.requests.Wire;
import io.saviorrec.loadtest.requests.Wire.Verdict;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/// A server that load is put on, with the requests as it takes them.
public final class Target implements AutoCloseable {
  private static final int CLIENTS = 8;

  private final ClientConfig config;
  private final Prepared requests;
  private final LoadGenerator generator;

  /// Connects at the first call.
  public Target(ClientConfig config, Prepared requests, int connections) {
    this.config = config;
    this.requests = requests;
    Wire wire = requests.wire();
    this.generator = new LoadGenerator(config, wire.service(), wire.method(), connections);
  }

  /// As the user named it.
  public String name() {
    return config.target();
  }

  ClientConfig config() {
    return config;
  }

  Prepared requests() {
    return requests;
  }

  LoadGenerator generator() {
    return generator;
  }

  /// Sends one request and looks whether it is answered as it should be.
  ///
  /// @throws CallException when it fails
  /// @throws LoadException when the server is none of this kind
  public void check() {
    AtomicReference<Ending> seen = new AtomicReference<>();
    OpenLoad one =
        new OpenLoad() {
          @Override
          public byte[] request(int number) {
            return requests.bytes(number);
          }

          @Override
          public void ended(int number, Ending ending) {
            seen.set(ending);
          }
        };
    generator.open(one, new long[1], System.nanoTime(), config.deadline(), () -> false);
    Ending ending = seen.get();
    if (ending == null) {
      throw new LoadException(name() + " did not answer");
    }
    Status status = ending.status();
    if (status.getCode() == Status.Code.UNIMPLEMENTED) {
      throw new LoadException(
          "%s does not serve %s/%s; name a server's gRPC port, and its protocol by --protocol"
              .formatted(name(), requests.wire().service(), requests.wire().method()));
    }
    if (!status.isOk()) {
      throw CallException.of(status, name(), config.deadline(), status.asRuntimeException());
    }
    if (requests.read(ending.answer(), 0) == Verdict.WRONG) {
      throw new LoadException(
          name() + " answers, but not with a score for each candidate; is it another service?");
    }
  }

  /// Answers a second to a few clients, each with one request at a time: about what the server can
  /// do at most.
  ///
  /// @param warmUp how long they ask before that counts; length: how long it counts
  /// @throws LoadException when nothing is answered
  public double closedPerSecond(Duration warmUp, Duration length) {
    AtomicLong next = new AtomicLong();
    RequestSource source = () -> requests.bytes(next.getAndIncrement());
    if (warmUp.isPositive()) {
      generator.closed(source, CLIENTS, warmUp);
    }
    LoadResult result = generator.closed(source, CLIENTS, length);
    if (result.good() == 0) {
      throw new LoadException(name() + " answered no request: " + result.failures());
    }
    return result.goodPerSecond();
  }

  @Override
  public void close() {
    generator.close();
  }
}
