package io.saviorrec.server.states;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.saviorrec.server.request.Call;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;
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
  private final SlotTable<Long, Long> table =
      new SlotTable<>("key", "capacity", 1, SLOTS, new Numbers());

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
    table.invalidate(1L);
    table.invalidate(2L);
    result.r3 = table.freeSlots();
  }

  private int lease(long first, long second) {
    try (Lease<Long> lease = table.lease(List.of(first, second), Call.UNBOUNDED)) {
      table.invalidate(first);
      boolean own =
          states.get(lease.slot(0)) == first && states.get(lease.slot(1)) == second;
      return own ? 1 : 0;
    }
  }

  /// The state of a key is the key.
  private final class Numbers implements StateSource<Long, Long> {
    @Override
    public long modifications() {
      return 0;
    }

    @Override
    public List<@Nullable Long> read(List<Long> keys) {
      return List.copyOf(keys);
    }

    @Override
    public void compute(int[] slots, List<Long> keys, List<Long> known) {
      for (int i = 0; i < slots.length; i++) {
        states.set(slots[i], known.get(i));
      }
    }
  }
}
