package io.saviorrec.server.states;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicLongArray;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/// What a table rests on: a call looks a key up, twice, while the only slot leaves the index and is
/// given to another key, if it may be.
@JCStressTest
@Outcome(
    id = "[01], [01]",
    expect = ACCEPTABLE,
    desc = "not found, or found with its state to the end of the lease")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "a slot was rewritten while a call named it")
@State
public class SlotReuseStress {
  private static final int ONLY_SLOT = 1;
  private static final long[] FIRST = {1};
  private static final long[] SECOND = {2};

  private final AtomicLongArray states = new AtomicLongArray(2);
  private final Numbers numbers = new Numbers(states, () -> 0);
  private final Leases leases = new Leases();
  private final SlotIndex<long[]> index = new SlotIndex<>(numbers, 2);
  private final SlotPool pool = new SlotPool(leases, ONLY_SLOT, 2);

  public SlotReuseStress() {
    give(FIRST);
  }

  private void give(long[] key) {
    int slot = pool.take();
    if (slot == ONLY_SLOT) {
      numbers.assign(slot, key, 0);
      states.setPlain(slot, key[0]);
      index.link(slot, 0);
    }
  }

  @Actor
  public void call(II_Result result) {
    Lease lease = leases.open();
    int slot = lookUp(lease);
    result.r1 = use(Math.max(slot, lookUp(lease)), lease);
  }

  @Actor
  public void replace(II_Result result) {
    index.unlink(ONLY_SLOT, 0);
    pool.retire(ONLY_SLOT);
    give(SECOND);
    result.r2 = pool.available();
  }

  private int lookUp(Lease lease) {
    leases.beginReading(lease);
    int slot = index.find(FIRST, 0, 0);
    lease.endReading(new int[] {slot});
    return slot;
  }

  private int use(int slot, Lease lease) {
    long state = slot == 0 ? 0 : states.getPlain(slot);
    lease.close();
    return (int) state;
  }
}
