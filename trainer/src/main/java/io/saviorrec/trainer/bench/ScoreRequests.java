package io.saviorrec.trainer.bench;

import com.google.protobuf.CodedOutputStream;
import io.saviorrec.loadtest.generator.RequestSource;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.User;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/// Scoring requests of one shape, each from a user that never came before.
///
/// A pool of requests is encoded beforehand. What is sent is a copy with another user's id written
/// over the pooled one, which has the same length on the wire, so a request costs its sender no
/// more than the copy.
final class ScoreRequests implements RequestSource {
  private static final int POOL = 500;

  /// Every id from here on takes nine bytes on the wire.
  private static final long FIRST_USER = 1L << 56;

  private final String model;
  private final int items;
  private final int candidates;
  private final int history;
  private final long seed;
  private final List<byte[]> pool = new ArrayList<>();
  private final List<Integer> userAt = new ArrayList<>();
  private final AtomicLong sent = new AtomicLong();
  private final boolean known;

  /// Requests from users who all are new.
  ///
  /// @param model to score with; empty: the default one
  /// @param items candidates and clicks are items 1 … `items`
  ScoreRequests(String model, int items, int candidates, int history, long seed) {
    this(model, items, candidates, history, seed, false);
  }

  private ScoreRequests(
      String model, int items, int candidates, int history, long seed, boolean known) {
    this.model = model;
    this.items = items;
    this.candidates = candidates;
    this.history = history;
    this.seed = seed;
    this.known = known;
  }

  /// The same requests from the same few users again and again.
  ScoreRequests fromKnownUsers() {
    return new ScoreRequests(model, items, candidates, history, seed, true);
  }

  /// Request number `number` as a message.
  ScoreRequest message(int number) {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
    User.Builder user = User.newBuilder().setUserId(firstUser() + number);
    user.putProfile("age", text("20-29")).putProfile("city", text("city " + random.nextInt(50)));
    for (int i = 0; i < history; i++) {
      user.addHistory(1 + random.nextInt(items));
    }
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder()
            .setModel(model)
            .setUser(user)
            .putContext("device", text("phone"))
            // Less than the whole model's work would make an overloaded server look fast.
            .setExact(true);
    for (int i = 0; i < candidates; i++) {
      request.addCandidates(
          Candidate.newBuilder().setItemId(1 + random.nextInt(items)).setPctrBase(0.05));
    }
    return request.build();
  }

  /// No two sources with seeds of their own have users in common.
  private long firstUser() {
    return FIRST_USER + (seed << 36);
  }

  private static FeatureValue text(String value) {
    return FeatureValue.newBuilder().setText(value).build();
  }

  /// Encodes the pool, which is otherwise done when the first request is asked for.
  ScoreRequests ready() {
    fill();
    return this;
  }

  private synchronized void fill() {
    while (pool.size() < POOL) {
      ScoreRequest message = message(pool.size());
      byte[] bytes = message.toByteArray();
      userAt.add(indexOf(bytes, varint(message.getUser().getUserId())));
      pool.add(bytes);
    }
  }

  @Override
  public byte[] next() {
    if (pool.size() < POOL) {
      fill();
    }
    long count = sent.getAndIncrement();
    int number = (int) (count % POOL);
    byte[] request = pool.get(number).clone();
    if (!known) {
      byte[] id = varint(firstUser() + count);
      System.arraycopy(id, 0, request, userAt.get(number), id.length);
    }
    return request;
  }

  private static byte[] varint(long value) {
    byte[] bytes = new byte[CodedOutputStream.computeUInt64SizeNoTag(value)];
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeUInt64NoTag(value);
      out.flush();
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int at = 0; at + part.length <= bytes.length; at++) {
      if (java.util.Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    throw new IllegalStateException("a request lacks its user's id");
  }
}
