package io.saviorrec.server.admission;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.Priority;
import java.util.List;
import java.util.Objects;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/// Two pieces of work that run together end at once; their thread is free when both have, and once.
@JCStressTest
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "nothing runs and nobody would wait")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "the thread stays taken, or is given back twice")
@State
public class RunStress {
  private final Admission admission = new Admission("test", 1, 4);
  private final Admission.Place first = place();
  private final Admission.Place second = place();

  public RunStress() {
    admission.start(List.of(first, second), 10);
  }

  @Actor
  public void end() {
    first.giveBack();
  }

  @Actor
  public void endOther() {
    second.giveBack();
    second.giveBack();
  }

  @Arbiter
  public void count(II_Result result) {
    result.r1 = admission.admitted();
    result.r2 = (int) admission.waitNanos(Priority.LOW);
  }

  private Admission.Place place() {
    return Objects.requireNonNull(
        admission.admit(Call.UNBOUNDED, new Demand(Priority.NORMAL, 5, 0, ran -> {})));
  }
}
