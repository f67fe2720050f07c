package io.saviorrec.server.admission;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.Priority;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/// Taking one piece of work on, beginning it and giving its place back, alone and by two threads at
/// once.
@State(Scope.Benchmark)
public class AdmissionBenchmark {
  private final Admission admission = new Admission("scoring", 2, 256);
  private final ComputeEstimate estimate = new ComputeEstimate();

  @Benchmark
  public boolean admit() {
    return once();
  }

  @Benchmark
  @Threads(2)
  public boolean admitByTwo() {
    return once();
  }

  private boolean once() {
    Demand demand = Demand.within(Call.UNBOUNDED, Priority.NORMAL, estimate, 500);
    Admission.Place place = admission.admit(Call.UNBOUNDED, demand);
    if (place == null) {
      return false;
    }
    place.start();
    place.giveBack();
    return true;
  }
}
