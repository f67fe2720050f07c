package io.saviorrec.server.states;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/// What a handle and a slot rest on: a call comes while the owner lets go.
@JCStressTest
@Outcome(
    id = "[01], 1",
    expect = ACCEPTABLE,
    desc = "the call was refused or found it open, and the last to let go freed it, once")
@Outcome(id = ".*, [02-9]", expect = FORBIDDEN, desc = "never freed, or more than once")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "a call held what was freed")
@State
public class ReferenceCountStress {
  private static final int REFUSED = 0;
  private static final int OPEN = 1;
  private static final int FREED_WHILE_HELD = 2;

  private final ReferenceCount count = new ReferenceCount(1);
  private final AtomicInteger freed = new AtomicInteger();

  @Actor
  public void call(II_Result result) {
    result.r1 = hold();
  }

  @Actor
  public void owner() {
    release();
  }

  @Arbiter
  public void freed(II_Result result) {
    result.r2 = freed.get();
  }

  private int hold() {
    if (!count.retain()) {
      return REFUSED;
    }
    int seen = freed.get() == 0 ? OPEN : FREED_WHILE_HELD;
    release();
    return seen;
  }

  private void release() {
    if (count.release()) {
      freed.incrementAndGet();
    }
  }
}
