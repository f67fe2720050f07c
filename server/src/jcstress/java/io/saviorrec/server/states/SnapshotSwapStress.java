package io.saviorrec.server.states;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/// The protocol of acquiring from a snapshot that is replaced: read, hold, and read again when it
/// was let go.
@JCStressTest
@Outcome(
    id = "1, 0",
    expect = ACCEPTABLE,
    desc = "the call held an open model, and the replaced one is free")
@Outcome(id = ".*, [^0].*", expect = FORBIDDEN, desc = "the replaced model was never freed")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "a call held a model that was freed")
@State
public class SnapshotSwapStress {
  private final ReferenceCount first = new ReferenceCount(1);
  private final ReferenceCount second = new ReferenceCount(1);
  private volatile ReferenceCount current = first;

  @Actor
  public void call(II_Result result) {
    result.r1 = hold();
  }

  @Actor
  public void swap() {
    current = second;
    first.release();
  }

  @Arbiter
  public void left(II_Result result) {
    result.r2 = first.holders();
  }

  private int hold() {
    ReferenceCount model = current;
    while (!model.retain()) {
      model = current;
    }
    int open = model.holders() > 0 ? 1 : 0;
    model.release();
    return open;
  }
}
