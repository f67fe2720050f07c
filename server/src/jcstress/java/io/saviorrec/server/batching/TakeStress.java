package io.saviorrec.server.batching;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.batching.Lane.Task;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.Priority;
import java.util.List;
import java.util.Objects;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/// Two tasks wait. A thread takes what goes together, while the second one's call ends and then more
/// important work pushes something out; each task comes out of the queue once.
@JCStressTest
@Outcome(id = "[012], [01], [01]", expect = ACCEPTABLE, desc = "each came out once")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "a task came out twice, or never")
@State
public class TakeStress {
  private final Admission admission = new Admission("test", 1, 4);
  private final WaitingTasks waiting = new WaitingTasks(0);
  private final Task<Integer, Integer> first = task();
  private final Task<Integer, Integer> second = task();

  /// Any two go together.
  private record Pair() implements Together<Integer, Integer> {
    @Override
    public boolean fits(List<Integer> chosen, Integer next) {
      return chosen.size() < 2;
    }

    @Override
    public long expectedNanos(List<Integer> pieces) {
      return 0;
    }

    @Override
    public List<Integer> run(List<Turn<Integer, Integer>> turns) {
      return List.of();
    }

    @Override
    public void took(List<Integer> pieces, long nanos) {}
  }

  public TakeStress() {
    waiting.add(first);
    waiting.add(second);
  }

  @Actor
  public void take(III_Result result) {
    waiting.close();
    result.r1 = waiting.take().size();
  }

  @Actor
  public void endAndPushOut(III_Result result) {
    result.r2 = waiting.remove(second) ? 1 : 0;
    result.r3 = waiting.removeLeastBelow(Priority.HIGH) == null ? 0 : 1;
  }

  /// What is left is told with what the thread took, so that the sum is two.
  @Arbiter
  public void count(III_Result result) {
    int out = result.r1 + result.r2 + result.r3 + waiting.removeAll().size();
    if (out != 2) {
      result.r1 = 9;
    }
  }

  private Task<Integer, Integer> task() {
    Demand demand = Demand.light();
    return new Task<>(
        Call.UNBOUNDED,
        demand,
        Objects.requireNonNull(admission.admit(Call.UNBOUNDED, demand)),
        new Pair(),
        1,
        0);
  }
}
