package io.saviorrec.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/// Measures how a machine's cores are best split between calls that run at once and threads within
/// each call.
///
/// Threads within a call must meet after every operation, so they seldom pay; but where two threads
/// share what one core has, or memory is the limit, no rule is right everywhere. The work measured
/// is the larger part of scoring: a product of 500 rows by the second layer of the paper's DNN.
///
/// Calls of one thread count by the processor time that they take, all at once, so that another
/// process that is busy at that moment does not make them look slow. Calls of several threads count
/// by the clock: what is in their way can only keep them from being taken.
public final class ThreadCalibration {
  private static final int ROWS = 500;
  private static final int INNER = 512;
  private static final int OUTER = 256;
  private static final int ROUNDS = 3;
  private static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(30);

  /// How much more a split with fewer calls at once must do to be taken: small requests have no use
  /// for threads within a call, and noise must not decide.
  private static final double CLEARLY = 1.1;

  /// So many calls at once with so many threads each: never more threads than cores.
  public record Split(int threads, int intraOpThreads) {}

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /// A split and the products a second that it does where nothing else runs.
  public record Measured(Split split, double perSecond) {}

  private ThreadCalibration() {}

  /// All that there is to choose from: each core a call of its own, two cores a call, and so on, by
  /// powers of two.
  static List<Split> splits(int cores) {
    List<Split> splits = new ArrayList<>();
    for (int intraOp = 1; intraOp <= cores; intraOp *= 2) {
      splits.add(new Split(cores / intraOp, intraOp));
    }
    return splits;
  }

  /// Measures every split, in turns, so that what else the machine does hits all alike. Takes about
  /// 0.1 s a split. Only before models are loaded.
  ///
  /// @param intraOpThreads sets how many threads libtorch uses within a call, on all threads that
  ///   have not run one
  public static List<Measured> measure(int cores, IntConsumer intraOpThreads)
      throws InterruptedException {
    List<Split> splits = splits(cores);
    double[] best = new double[splits.size()];
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < best.length; i++) {
        best[i] = Math.max(best[i], productsPerSecond(splits.get(i), intraOpThreads));
      }
    }
    List<Measured> measured = new ArrayList<>();
    for (int i = 0; i < best.length; i++) {
      measured.add(new Measured(splits.get(i), best[i]));
    }
    return measured;
  }

  /// The split that does most; the one with more calls at once where that is not clear.
  ///
  /// @param measured most calls at once first
  public static Split best(List<Measured> measured) {
    Measured best = measured.getFirst();
    for (Measured other : measured) {
      if (other.perSecond > best.perSecond * CLEARLY) {
        best = other;
      }
    }
    return best.split;
  }

  private static double productsPerSecond(Split split, IntConsumer intraOpThreads)
      throws InterruptedException {
    intraOpThreads.accept(split.intraOpThreads);
    CyclicBarrier start = new CyclicBarrier(split.threads);
    double sum = 0;
    // New threads each time: libtorch asks for its number of threads once on each.
    try (ExecutorService threads = Executors.newFixedThreadPool(split.threads)) {
      List<Future<Double>> rates = new ArrayList<>();
      for (int i = 0; i < split.threads; i++) {
        rates.add(threads.submit(() -> multiply(start, split.intraOpThreads == 1)));
      }
      for (Future<Double> rate : rates) {
        sum += rate.get();
      }
    } catch (ExecutionException e) {
      throw new InferenceException("matrix products cannot be computed: " + e.getMessage(), e);
    }
    return sum;
  }

  private static double multiply(CyclicBarrier start, boolean alone) throws Exception {
    try (NDManager memory = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray rows = memory.ones(new Shape(ROWS, INNER));
      NDArray weights = memory.ones(new Shape(INNER, OUTER));
      rows.matMul(weights).close();
      start.await();
      long from = System.nanoTime();
      long processor = THREADS.getCurrentThreadCpuTime();
      long now = from;
      int products = 0;
      while (now - from < ROUND_NANOS) {
        rows.matMul(weights).close();
        products++;
        now = System.nanoTime();
      }
      long took = alone ? THREADS.getCurrentThreadCpuTime() - processor : now - from;
      return products / (took / 1e9);
    }
  }
}
