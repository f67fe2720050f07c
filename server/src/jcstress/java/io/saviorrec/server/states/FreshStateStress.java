package io.saviorrec.server.states;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.saviorrec.server.request.Call;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/// A call leases a key while something new of it is put, in the order in which items are.
@JCStressTest
@Outcome(
    id = "[01], 1, 4",
    expect = ACCEPTABLE,
    desc = "the call saw the old or the new, who comes after the put sees the new")
@Outcome(id = "[01], 1, .*", expect = FORBIDDEN, desc = "a slot was lost or given back twice")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "what is old was found after the put")
@State
public class FreshStateStress {
  private static final int SLOTS = 5;

  private final AtomicLong version = new AtomicLong();
  private final AtomicLongArray states = new AtomicLongArray(SLOTS);
  private final Numbers numbers = new Numbers(states, version::get);
  private final SlotTable<long[]> table =
      new SlotTable<>("key", "capacity", 2, SLOTS, 1, numbers);

  @Actor
  public void call(III_Result result) {
    result.r1 = lease();
  }

  @Actor
  public void put(III_Result result) {
    numbers.changes().changed(1);
    version.set(1);
    numbers.changes().changed(1);
    table.invalidate(new long[] {1});
    numbers.changes().changed(1);
    result.r2 = lease();
  }

  @Arbiter
  public void slots(III_Result result) {
    table.invalidate(new long[] {1});
    result.r3 = table.freeSlots();
  }

  private int lease() {
    try (Lease lease = table.open()) {
      int slot = table.slots(new long[] {1}, lease, Call.UNBOUNDED)[0];
      return (int) (states.get(slot) / Numbers.VERSION);
    }
  }
}
