package io.saviorrec.server.proof;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Scoring requests that are sent when they are due, however many are unanswered, as users do.
///
/// Requests are bytes that are made once and answers are not read, so that sending takes next to
/// nothing of the cores which the server shares. Latencies count from when a request was due.
final class OpenLoop {
  private static final MethodDescriptor<byte[], byte[]> SCORE = scoreMethod();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<ManagedChannel> channels;
  private final List<byte[]> requests;

  /// What became of the requests of one run.
  ///
  /// @param seconds in which requests were sent
  /// @param answered latencies of the answers that came in time, in order of size
  /// @param statuses of all others
  record Result(double seconds, long sent, long[] answered, Map<Status.Code, Integer> statuses) {
    double answersPerSecond() {
      return answered.length / seconds;
    }

    double millis(double share) {
      return answered.length == 0
          ? Double.NaN
          : answered[(int) Math.min(answered.length - 1, share * answered.length)] / 1e6;
    }

    @Override
    public String toString() {
      return "%.0f sent/s, %.0f answers/s in time, p50 %.1f ms, p99 %.1f ms, others %s"
          .formatted(sent / seconds, answersPerSecond(), millis(0.5), millis(0.99), statuses);
    }
  }

  /// @param channels among which the requests take turns
  OpenLoop(List<ManagedChannel> channels, List<byte[]> requests) {
    this.channels = channels;
    this.requests = requests;
  }

  private static MethodDescriptor<byte[], byte[]> scoreMethod() {
    MethodDescriptor.Marshaller<byte[]> bytes =
        new MethodDescriptor.Marshaller<>() {
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
        };
    return ScoringGrpc.getScoreMethod().toBuilder(bytes, bytes).build();
  }

  /// Answers a second when so many callers each ask as fast as they are answered.
  double capacity(int callers, Duration warmUp, Duration measured) {
    long start = System.nanoTime();
    long from = start + warmUp.toNanos();
    long to = from + measured.toNanos();
    AtomicInteger answered = new AtomicInteger();
    List<CompletableFuture<Void>> loops = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      Random random = new Random(i);
      ManagedChannel channel = channels.get(i % channels.size());
      CompletableFuture<Void> over = new CompletableFuture<>();
      loops.add(over);
      askAgain(channel, random, from, to, answered, over);
    }
    loops.forEach(CompletableFuture::join);
    return answered.get() / (measured.toNanos() / 1e9);
  }

  private void askAgain(
      ManagedChannel channel,
      Random random,
      long from,
      long to,
      AtomicInteger answered,
      CompletableFuture<Void> over) {
    send(
        channel,
        random,
        CallOptions.DEFAULT,
        status -> {
          long now = System.nanoTime();
          if (now - to > 0) {
            over.complete(null);
            return;
          }
          if (now - from > 0 && status.isOk()) {
            answered.incrementAndGet();
          }
          askAgain(channel, random, from, to, answered, over);
        });
  }

  /// Sends at random times, so many a second on average.
  ///
  /// @param deadline of each request from when it was due; null for none
  Result run(double rate, Duration length, @Nullable Duration deadline)
      throws InterruptedException {
    Random random = new Random(17);
    Books books = new Books(deadline);
    long start = System.nanoTime();
    long due = start;
    long sent = 0;
    while (due - start < length.toNanos()) {
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      long dueNow = due;
      CallOptions options = CallOptions.DEFAULT;
      if (deadline != null) {
        long left = deadline.toNanos() - (System.nanoTime() - due);
        options = options.withDeadlineAfter(Math.max(1, left), TimeUnit.NANOSECONDS);
      }
      send(
          channels.get((int) (sent % channels.size())),
          random,
          options,
          status -> books.ended(status, System.nanoTime() - dueNow));
      sent++;
      due += (long) (-Math.log(1 - random.nextDouble()) * 1e9 / rate);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return books.close(seconds, sent);
  }

  private interface Ended {
    void with(Status status);
  }

  private void send(ManagedChannel channel, Random random, CallOptions options, Ended ended) {
    ClientCall<byte[], byte[]> call = channel.newCall(SCORE, options);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.with(status);
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage(requests.get(random.nextInt(requests.size())));
    call.halfClose();
  }

  /// Ends of calls; those that were sent while warm count like the others.
  private static final class Books {
    private final @Nullable Duration deadline;
    private final List<Long> answered = new ArrayList<>();
    private final Map<Status.Code, Integer> statuses = new TreeMap<>();
    private long ended;

    Books(@Nullable Duration deadline) {
      this.deadline = deadline;
    }

    synchronized void ended(Status status, long nanos) {
      ended++;
      if (status.isOk() && (deadline == null || nanos <= deadline.toNanos())) {
        answered.add(nanos);
      } else {
        statuses.merge(status.getCode(), 1, Integer::sum);
      }
      notifyAll();
    }

    synchronized Result close(double seconds, long sent) throws InterruptedException {
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (ended < sent && end - System.nanoTime() > 0) {
        wait(1000);
      }
      if (ended < sent) {
        throw new AssertionError(sent - ended + " calls never ended");
      }
      long[] sorted = answered.stream().mapToLong(Long::longValue).sorted().toArray();
      return new Result(seconds, sent, sorted, new TreeMap<>(statuses));
    }
  }
}
