package io.saviorrec.server.fakes;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.UserBatch;
import io.saviorrec.engine.Representations;
import io.saviorrec.server.engine.ModelEngine;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A model whose score of a candidate is a function of the item that lies in its slot, so that a
/// mix-up of slots shows.
public final class FakeEngine implements ModelEngine {
  public static final int Z_DIM = 4;
  public static final int LEVELS = 2;
  public static final int CODES = 8;
  private static final SortedMap<String, Integer> NO_ITEMS = new TreeMap<>();

  /// What was last put into a slot.
  @SuppressWarnings("ArrayRecordComponent") // compared by element
  public record State(long itemId, float[] stats, long[] features, float[] z, int[] codes) {
    /// Its item and its content.
    public String describe() {
      return itemId + "/" + z[0];
    }
  }

  /// Counts forwards of one kind, and can hold them up or make them fail.
  public static final class Probe {
    private final AtomicInteger calls = new AtomicInteger();
    private volatile @Nullable CountDownLatch entered;
    private volatile @Nullable CountDownLatch gate;
    private volatile @Nullable RuntimeException failure;
    private final AtomicReference<@Nullable RuntimeException> once = new AtomicReference<>();

    /// Later calls wait until [#open]; [#awaitEntered] returns when one of them has come.
    public void hold() {
      entered = new CountDownLatch(1);
      gate = new CountDownLatch(1);
    }

    public void awaitEntered() throws InterruptedException {
      CountDownLatch latch = entered;
      if (latch != null) {
        latch.await();
      }
    }

    public void open() {
      CountDownLatch latch = gate;
      if (latch != null) {
        latch.countDown();
      }
      gate = null;
    }

    public void fail(@Nullable RuntimeException with) {
      failure = with;
    }

    /// The next call fails, and no other.
    public void failOnce(RuntimeException with) {
      once.set(with);
    }

    public int calls() {
      return calls.get();
    }

    private void pass() {
      calls.incrementAndGet();
      CountDownLatch in = entered;
      CountDownLatch latch = gate;
      if (in != null && latch != null) {
        in.countDown();
        try {
          latch.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException("interrupted while held", e);
        }
      }
      RuntimeException next = once.getAndSet(null);
      if (next != null) {
        throw next;
      }
      RuntimeException with = failure;
      if (with != null) {
        throw with;
      }
    }
  }

  public final Probe scores = new Probe();
  public final Probe puts = new Probe();
  public final Probe encodes = new Probe();
  public final Probe quantizes = new Probe();
  public final Probe userPuts = new Probe();
  private final ConcurrentMap<Integer, State> table = new ConcurrentHashMap<>();
  private final ConcurrentMap<Integer, UserBatch.User> users = new ConcurrentHashMap<>();
  private final ConcurrentMap<Integer, SortedMap<String, Integer>> histories =
      new ConcurrentHashMap<>();
  private volatile ScoreBatch.@Nullable Request lastInput;
  private volatile @Nullable Float fixedScore;
  private volatile @Nullable String poison;
  private final AtomicInteger callsAfterClose = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private volatile boolean closed;

  public FakeEngine() {
    int[] padding = new int[LEVELS];
    Arrays.fill(padding, CODES);
    table.put(
        RankerContract.UNKNOWN_SLOT,
        new State(
            RankerContract.UNKNOWN_ITEM, new float[3], new long[1], new float[Z_DIM], padding));
  }

  /// The score that [#score] gives an item.
  public static float scoreOf(long itemId) {
    return (Math.floorMod(itemId, 997) + 0.5f) / 998f;
  }

  @Override
  public Representations encode(byte[] @Nullable [] pixels, List<String> texts) {
    encodes.pass();
    String refused = poison;
    if (refused != null && texts.contains(refused)) {
      throw new IllegalStateException("cannot take " + refused);
    }
    float[] z = new float[texts.size() * Z_DIM];
    int[] codes = new int[texts.size() * LEVELS];
    for (int i = 0; i < texts.size(); i++) {
      z[i * Z_DIM] = texts.get(i).hashCode();
      byte[] image = pixels[i];
      z[i * Z_DIM + 1] = image == null ? -1 : Arrays.hashCode(image);
      codes[i * LEVELS] = Math.floorMod(texts.get(i).hashCode(), CODES);
    }
    return new Representations(z, codes);
  }

  /// The first code is the place of the largest value, so that it shows what was quantised.
  @Override
  public int[] quantize(float[] z) {
    quantizes.pass();
    int[] codes = new int[z.length / Z_DIM * LEVELS];
    for (int i = 0; i < z.length / Z_DIM; i++) {
      for (int d = 1; d < Z_DIM; d++) {
        if (z[i * Z_DIM + d] > z[i * Z_DIM + codes[i * LEVELS]]) {
          codes[i * LEVELS] = d;
        }
      }
    }
    return codes;
  }

  @Override
  public float[] alignmentRatio(float[] z, int[] codes) {
    float[] ratios = new float[z.length / Z_DIM];
    Arrays.fill(ratios, 0.25f);
    return ratios;
  }

  @Override
  public void putItems(int[] slots, ItemBatch items) {
    puts.pass();
    int statCount = items.stats().length / slots.length;
    int featureCount = items.features().length / slots.length;
    for (int i = 0; i < slots.length; i++) {
      table.put(
          slots[i],
          new State(
              items.itemIds()[i],
              Arrays.copyOfRange(items.stats(), i * statCount, (i + 1) * statCount),
              Arrays.copyOfRange(items.features(), i * featureCount, (i + 1) * featureCount),
              Arrays.copyOfRange(items.z(), i * Z_DIM, (i + 1) * Z_DIM),
              Arrays.copyOfRange(items.codes(), i * LEVELS, (i + 1) * LEVELS)));
    }
  }

  @Override
  public void putUsers(UserBatch batch) {
    userPuts.pass();
    for (UserBatch.User user : batch.users()) {
      SortedMap<String, Integer> items =
          new TreeMap<>(histories.getOrDefault(user.previous(), NO_ITEMS));
      for (int slot : user.added()) {
        items.merge(inSlot(slot).describe(), 1, Integer::sum);
      }
      for (int slot : user.removed()) {
        items.merge(inSlot(slot).describe(), -1, (a, b) -> a + b == 0 ? null : a + b);
      }
      histories.put(user.slot(), items);
      users.put(user.slot(), user);
    }
  }

  /// The sum that a user's state holds: how often each state of an item is in its history.
  public SortedMap<String, Integer> history(int slot) {
    return histories.getOrDefault(slot, NO_ITEMS);
  }

  /// What was last put into a slot of the table of users.
  public UserBatch.User user(int slot) {
    UserBatch.User user = users.get(slot);
    if (user == null) {
      throw new IllegalStateException("no user was ever put into slot " + slot);
    }
    return user;
  }

  /// The user of the last request that was scored.
  public UserBatch.User lastUser() {
    return user(lastInput().userSlot());
  }

  @Override
  public float[][] score(ScoreBatch batch) {
    running.incrementAndGet();
    if (closed) {
      callsAfterClose.incrementAndGet();
    }
    lastInput = batch.requests().getLast();
    scores.pass();
    running.decrementAndGet();
    return batch.requests().stream().map(this::score).toArray(float[][]::new);
  }

  private float[] score(ScoreBatch.Request request) {
    Float fixed = fixedScore;
    float[] pctr = new float[request.candidateSlots().length];
    for (int i = 0; i < pctr.length; i++) {
      pctr[i] = fixed == null ? scoreOf(inSlot(request.candidateSlots()[i]).itemId()) : fixed;
    }
    return pctr;
  }

  /// Encoder calls with this text fail from now on.
  public void failOn(String text) {
    poison = text;
  }

  /// Every later score is this.
  public void fixScore(float score) {
    fixedScore = score;
  }

  public State inSlot(int slot) {
    State state = table.get(slot);
    if (state == null) {
      throw new IllegalStateException("nothing was ever put into slot " + slot);
    }
    return state;
  }

  /// The items that were ever put.
  public Set<Long> items() {
    return table.values().stream().map(State::itemId).collect(Collectors.toSet());
  }

  public ScoreBatch.Request lastInput() {
    ScoreBatch.Request input = lastInput;
    if (input == null) {
      throw new IllegalStateException("nothing was scored yet");
    }
    return input;
  }

  public boolean closed() {
    return closed;
  }

  /// Scoring calls that began when the engine was closed or ran while it was: each would have
  /// crashed a real one.
  public int callsAfterClose() {
    return callsAfterClose.get();
  }

  @Override
  public void close() {
    closed = true;
    callsAfterClose.addAndGet(running.get());
  }
}
