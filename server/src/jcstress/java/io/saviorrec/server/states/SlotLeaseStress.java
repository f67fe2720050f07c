package io.saviorrec.server.states;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.saviorrec.server.request.Call;
import java.util.concurrent.atomic.AtomicLongArray;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/// Two calls lease keys of which the cache has room for one, while one of them forgets what it has.
@JCStressTest
@Outcome(
    id = "1, 1, 4",
    expect = ACCEPTABLE,
    desc = "each call found its own keys in its slots, and every slot came back")
@Outcome(id = "1, 1, .*", expect = FORBIDDEN, desc = "a slot was lost or given back twice")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "a slot was given away under a call")
@State
public class SlotLeaseStress {
  private static final int SLOTS = 5;

  private final AtomicLongArray states = new AtomicLongArray(SLOTS);
  private final SlotTable<long[]> table =
      new SlotTable<>("key", "capacity", 1, SLOTS, 1, new Numbers(states, () -> 0));

  @Actor
  public void oneTwo(III_Result result) {
    result.r1 = lease(1L, 2L);
  }

  @Actor
  public void twoOne(III_Result result) {
    result.r2 = lease(2L, 1L);
  }

  @Arbiter
  public void slots(III_Result result) {
    table.invalidate(new long[] {1});
    table.invalidate(new long[] {2});
    result.r3 = table.freeSlots();
  }

  private int lease(long first, long second) {
    try (Lease lease = table.open()) {
      int[] slots = table.slots(new long[] {first, second}, lease, Call.UNBOUNDED);
      table.invalidate(new long[] {first});
      boolean own = states.get(slots[0]) == first && states.get(slots[1]) == second;
      return own ? 1 : 0;
    }
  }
}
