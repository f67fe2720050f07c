package io.saviorrec.trainer.load;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
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

  private final List<ManagedChannel> channels = new ArrayList<>();
  private final MethodDescriptor<byte[], byte[]> method;

  /// Connects at the first call.
  ///
  /// @param target `host:port`
  /// @param service the service's full name
  /// @param name the method's
  public LoadGenerator(String target, String service, String name, int connections) {
    Bytes bytes = new Bytes();
    this.method =
        MethodDescriptor.<byte[], byte[]>newBuilder(bytes, bytes)
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(service, name))
            .build();
    for (int i = 0; i < connections; i++) {
      channels.add(
          Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
              .directExecutor()
              .disableRetry()
              .build());
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
    long[] times = arrivals(perSecond, length, seed);
    long start = System.nanoTime();
    CallNotes notes = new CallNotes(start + length.toNanos());
    Semaphore places = new Semaphore(MOST_IN_FLIGHT);
    for (int i = 0; i < times.length; i++) {
      long intended = start + times[i];
      byte[] request = requests.next();
      for (long early = intended - System.nanoTime();
          early > 0;
          early = intended - System.nanoTime()) {
        LockSupport.parkNanos(early);
      }
      CallOptions options = CallOptions.DEFAULT;
      if (deadline != null) {
        long left = intended + deadline.toNanos() - System.nanoTime();
        options = options.withDeadlineAfter(left, TimeUnit.NANOSECONDS);
      }
      if (places.tryAcquire()) {
        send(
            channel(i),
            options,
            request,
            new Noting(intended, request.length, notes, _ -> places.release()));
      } else {
        notes.failed(Status.Code.UNAVAILABLE);
      }
    }
    waitFor(places);
    return LoadResult.of(length, List.of(notes));
  }

  /// Nanoseconds from the start, ascending.
  static long[] arrivals(double perSecond, Duration length, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] sums = new double[(int) Math.ceil(perSecond * length.toNanos() / 1e9)];
    double sum = 0;
    for (int i = 0; i < sums.length; i++) {
      sum -= Math.log1p(-random.nextDouble());
      sums[i] = sum;
    }
    // Given their number, the times of a Poisson process spread evenly, so that even a short load
    // has the rate that was asked for.
    double whole = sum - Math.log1p(-random.nextDouble());
    return Arrays.stream(sums).mapToLong(at -> Math.round(at / whole * length.toNanos())).toArray();
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

  private static void waitFor(Semaphore places) {
    try {
      places.tryAcquire(MOST_IN_FLIGHT, LAST_ANSWERS.toNanos(), TimeUnit.NANOSECONDS);
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
    void after(Status status) {
      if (status.getCode() == Status.Code.UNAVAILABLE) {
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
      send(
          channel,
          CallOptions.DEFAULT,
          request,
          new Noting(now, request.length, notes, this::after));
    }
  }

  /// Notes how one call ends, and then does what comes next.
  private static final class Noting extends ClientCall.Listener<byte[]> {
    private final long intended;
    private final CallNotes notes;
    private final Consumer<Status> then;
    private long bytes;

    Noting(long intended, long requestBytes, CallNotes notes, Consumer<Status> then) {
      this.intended = intended;
      this.bytes = requestBytes;
      this.notes = notes;
      this.then = then;
    }

    @Override
    public void onMessage(byte[] answer) {
      bytes += answer.length;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (status.isOk()) {
        notes.good(intended, bytes);
      } else {
        notes.failed(status.getCode());
      }
      then.accept(status);
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
