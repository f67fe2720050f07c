package io.saviorrec.loadtest.generator;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.saviorrec.client.Channels;
import io.saviorrec.client.ClientConfig;
import io.saviorrec.client.ClientConfig.Retries;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Calls one unary method of a server, in one of two ways.
///
/// Closed: each of some clients sends its next request when it has the answer to the one before, so
/// the server decides how many come. Open: requests come at random times as from many people who
/// know nothing of each other (a Poisson process), whether or not earlier ones were answered. Their
/// times are fixed beforehand, and a latency counts from the time at which its request was meant to
/// be sent: a server that stalls, and a generator that is late, cannot make it look shorter.
///
/// Concurrency: answers are noted on the threads of the connections, which do nothing else; one
/// load at a time.
public final class LoadGenerator implements AutoCloseable {
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(30);

  /// More than a server that answers at all lets wait.
  private static final int MOST_IN_FLIGHT = 20_000;

  /// Answers are taken on the threads of the connections.
  private static final CallOptions OPTIONS = CallOptions.DEFAULT.withExecutor(Runnable::run);

  private static final Status NOT_SENT =
      Status.UNAVAILABLE.withDescription(
          MOST_IN_FLIGHT + " earlier requests had no answer, so it was not sent");
  private static final byte[] NO_ANSWER = {};

  private final List<ManagedChannel> channels = new ArrayList<>();
  private final MethodDescriptor<byte[], byte[]> method;

  /// Connects at the first call; no call is tried again.
  ///
  /// @param service the service's full name
  /// @param name the method's
  /// @throws IllegalArgumentException when a file of `config.tls` cannot be used
  public LoadGenerator(ClientConfig config, String service, String name, int connections) {
    Bytes bytes = new Bytes();
    this.method =
        MethodDescriptor.<byte[], byte[]>newBuilder(bytes, bytes)
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(service, name))
            .build();
    for (int i = 0; i < connections; i++) {
      channels.add(Channels.open(config.withRetries(Retries.none()), List.of()));
    }
  }

  /// So many clients, each with one request at a time, for so long.
  public LoadResult closed(RequestSource requests, int clients, Duration length) {
    long start = System.nanoTime();
    long end = start + length.toNanos();
    List<CallNotes> notes = new ArrayList<>();
    CountDownLatch running = new CountDownLatch(clients);
    for (int i = 0; i < clients; i++) {
      CallNotes own = new CallNotes(end);
      notes.add(own);
      new Client(channel(i), requests, own, end, running).next();
    }
    await(running, length.plus(LAST_ANSWERS));
    return LoadResult.of(length, notes);
  }

  /// Requests at random times, so many a second on average, for so long.
  ///
  /// @param deadline of each call, from the time at which it was meant to be sent; null: none
  public LoadResult open(
      RequestSource requests,
      double perSecond,
      Duration length,
      @Nullable Duration deadline,
      long seed) {
    long start = System.nanoTime();
    CallNotes notes = new CallNotes(start + length.toNanos());
    OpenLoad load =
        new OpenLoad() {
          @Override
          public byte[] request(int number) {
            return requests.next();
          }

          @Override
          public void ended(int number, Ending ending) {
            notes.ended(ending);
          }
        };
    long[] times = Arrivals.poisson().times(perSecond, length, seed);
    open(load, times, start, deadline, () -> false);
    return LoadResult.of(length, List.of(notes));
  }

  /// Requests at given times, until all were sent and have ended or it is told to stop.
  ///
  /// @param times nanoseconds after `startNanos`, ascending
  /// @param startNanos by `System.nanoTime`
  /// @param deadline of each call, from the time at which it was meant to be sent; null: none
  /// @param stop asked before each request
  /// @return how many requests were due before it was told to stop
  public int open(
      OpenLoad load,
      long[] times,
      long startNanos,
      @Nullable Duration deadline,
      BooleanSupplier stop) {
    Semaphore places = new Semaphore(MOST_IN_FLIGHT);
    int due = 0;
    while (due < times.length && !stop.getAsBoolean()) {
      int number = due++;
      long intended = startNanos + times[number];
      byte[] request = load.request(number);
      for (long early = intended - System.nanoTime();
          early > 0;
          early = intended - System.nanoTime()) {
        LockSupport.parkNanos(early);
      }
      long now = System.nanoTime();
      if (!places.tryAcquire()) {
        load.ended(number, new Ending(NOT_SENT, NO_ANSWER, intended, now, now, request.length));
        continue;
      }
      CallOptions options = OPTIONS;
      if (deadline != null) {
        long left = intended + deadline.toNanos() - now;
        options = options.withDeadlineAfter(left, TimeUnit.NANOSECONDS);
      }
      send(
          channel(number),
          options,
          request,
          new Noting(
              intended,
              now,
              request.length,
              ending -> {
                load.ended(number, ending);
                places.release();
              }));
    }
    waitFor(places, deadline == null ? LAST_ANSWERS : deadline.plus(LAST_ANSWERS));
    return due;
  }

  private ManagedChannel channel(int number) {
    return channels.get(number % channels.size());
  }

  private void send(
      ManagedChannel channel,
      CallOptions options,
      byte[] request,
      ClientCall.Listener<byte[]> listener) {
    ClientCall<byte[], byte[]> call = channel.newCall(method, options);
    call.start(listener, new Metadata());
    // One answer and the end of the call.
    call.request(2);
    call.sendMessage(request);
    call.halfClose();
  }

  private static void waitFor(Semaphore places, Duration most) {
    try {
      places.tryAcquire(MOST_IN_FLIGHT, most.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void await(CountDownLatch latch, Duration most) {
    try {
      if (!latch.await(most.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new IllegalStateException(
            "calls were not answered within " + most.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }

  /// One client of a closed load.
  private final class Client {
    private final ManagedChannel channel;
    private final RequestSource requests;
    private final CallNotes notes;
    private final long endNanos;
    private final CountDownLatch running;

    Client(
        ManagedChannel channel,
        RequestSource requests,
        CallNotes notes,
        long endNanos,
        CountDownLatch running) {
      this.channel = channel;
      this.requests = requests;
      this.notes = notes;
      this.endNanos = endNanos;
      this.running = running;
    }

    /// A server that cannot be reached gets no further request from this client.
    void after(Ending ending) {
      notes.ended(ending);
      if (ending.status().getCode() == Status.Code.UNAVAILABLE) {
        running.countDown();
      } else {
        next();
      }
    }

    void next() {
      long now = System.nanoTime();
      if (now - endNanos >= 0) {
        running.countDown();
        return;
      }
      byte[] request = requests.next();
      send(channel, OPTIONS, request, new Noting(now, now, request.length, this::after));
    }
  }

  /// Tells how one call ends.
  private static final class Noting extends ClientCall.Listener<byte[]> {
    private final long intendedNanos;
    private final long sentNanos;
    private final int requestBytes;
    private final Consumer<Ending> then;
    private byte[] answer = NO_ANSWER;

    Noting(long intendedNanos, long sentNanos, int requestBytes, Consumer<Ending> then) {
      this.intendedNanos = intendedNanos;
      this.sentNanos = sentNanos;
      this.requestBytes = requestBytes;
      this.then = then;
    }

    @Override
    public void onMessage(byte[] message) {
      answer = message;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      long now = System.nanoTime();
      then.accept(new Ending(status, answer, intendedNanos, sentNanos, now, requestBytes));
    }
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
