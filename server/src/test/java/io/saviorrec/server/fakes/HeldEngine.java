package io.saviorrec.server.fakes;

import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.UserBatch;
import io.saviorrec.engine.Representations;
import io.saviorrec.server.engine.ModelEngine;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// An engine whose calls can be held up.
public final class HeldEngine extends ForwardingEngine {
  private final Gate gate;

  /// What holds calls up, once it is shut until it is opened, and sees those that come.
  public static final class Gate {
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch opened = new CountDownLatch(1);
    private final List<Long> firstUsers = new CopyOnWriteArrayList<>();
    private final ConcurrentMap<Integer, Long> userOfSlot = new ConcurrentHashMap<>();
    private volatile boolean shut;

    public void shut() {
      shut = true;
    }

    public void open() {
      opened.countDown();
    }

    public void awaitEntered() throws InterruptedException {
      entered.await();
    }

    /// The first user of each call of the engine since it was shut.
    public List<Long> firstUsers() {
      return firstUsers;
    }

    private void pass() {
      if (shut) {
        entered.countDown();
        try {
          opened.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException("interrupted while held", e);
        }
      }
    }
  }

  public HeldEngine(ModelEngine engine, Gate gate) {
    super(engine);
    this.gate = gate;
  }

  @Override
  public float[][] score(ScoreBatch batch) {
    if (gate.shut) {
      gate.firstUsers.add(gate.userOfSlot.get(batch.requests().getFirst().userSlot()));
    }
    gate.pass();
    return super.score(batch);
  }

  @Override
  public Representations encode(byte[] @Nullable [] pixels, List<String> texts) {
    gate.pass();
    return super.encode(pixels, texts);
  }

  @Override
  public void putUsers(UserBatch users) {
    users.users().forEach(user -> gate.userOfSlot.put(user.slot(), user.userId()));
    super.putUsers(users);
  }
}
