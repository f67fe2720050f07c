package io.saviorrec.server.admission;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.Priority;
import java.util.Objects;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/// Of two places one is given back twice at once, while more work asks for room; what is left counts
/// once and weighs what its work does, whoever was first.
@JCStressTest
@Outcome(id = "0, 1, 5", expect = ACCEPTABLE, desc = "asked before the place came back: refused")
@Outcome(id = "1, 2, 12", expect = ACCEPTABLE, desc = "asked after it: admitted")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "a place was lost, or counted twice")
@State
public class PlaceStress {
  private final Admission admission = new Admission("test", 1, 1);
  private final Admission.Place first = place(3);
  private final Admission.Place second = place(5);

  @Actor
  public void end() {
    first.giveBack();
  }

  @Actor
  public void askAndEndAgain(III_Result result) {
    result.r1 = admission.admit(Call.UNBOUNDED, demand(7)) == null ? 0 : 1;
    first.giveBack();
  }

  @Arbiter
  public void count(III_Result result) {
    result.r2 = admission.admitted();
    result.r3 = (int) admission.waitNanos(Priority.LOW);
    second.giveBack();
  }

  private Admission.Place place(long nanos) {
    return Objects.requireNonNull(admission.admit(Call.UNBOUNDED, demand(nanos)));
  }

  private static Demand demand(long nanos) {
    return new Demand(Priority.NORMAL, nanos, 0, ran -> {});
  }
}
