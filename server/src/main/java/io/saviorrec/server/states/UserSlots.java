package io.saviorrec.server.states;

import io.saviorrec.contract.RankerContract;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/// Rows of a model's table of users, each for one call at a time.
public final class UserSlots {
  private final BlockingQueue<Integer> free;

  /// @param count rows of the table, that of no user included
  public UserSlots(int count) {
    this.free = new ArrayBlockingQueue<>(count);
    for (int slot = RankerContract.NO_USER + 1; slot < count; slot++) {
      free.add(slot);
    }
  }

  /// A row; there is one for each call that runs.
  public int take() throws InterruptedException {
    return free.take();
  }

  public void give(int slot) {
    free.add(slot);
  }
}
