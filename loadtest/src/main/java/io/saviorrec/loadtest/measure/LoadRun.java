package io.saviorrec.loadtest.measure;

import io.saviorrec.loadtest.generator.Arrivals;
import io.saviorrec.loadtest.generator.Ending;
import io.saviorrec.loadtest.generator.OpenLoad;
import io.saviorrec.loadtest.requests.Wire.Verdict;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Puts loads on one server, one after the other, and measures them.
///
/// Concurrency: the thread that calls sends the requests; items go out on another, and a third
/// tells the watcher. All have ended when a call returns.
public final class LoadRun {
  /// Until the threads of a load have started.
  private static final Duration HEAD_START = Duration.ofMillis(20);

  private final Target target;
  private final Arrivals arrivals;
  private final @Nullable UpsertMix upserts;
  private final Watcher watcher;
  private final BooleanSupplier stop;

  /// Puts nothing on the server yet.
  ///
  /// @param upserts null: no items are sent
  /// @param stop asked before each request; ends the running load and every later one
  public LoadRun(
      Target target,
      Arrivals arrivals,
      @Nullable UpsertMix upserts,
      Watcher watcher,
      BooleanSupplier stop) {
    this.target = target;
    this.arrivals = arrivals;
    this.upserts = upserts;
    this.watcher = watcher;
    this.stop = stop;
  }

  public Target target() {
    return target;
  }

  /// Requests at the plan's rate, whatever becomes of them, until each has ended.
  public Measured measure(Plan plan) {
    Duration whole = plan.warmUp().plus(plan.length());
    long[] times = arrivals.times(plan.perSecond(), whole, plan.seed());
    long start = System.nanoTime() + HEAD_START.toNanos();
    long warm = start + plan.warmUp().toNanos();
    Tally tally = new Tally(warm, plan.length().toNanos(), plan.giveUp());
    long planned = Math.round(plan.perSecond() * plan.length().toNanos() / 1e9);
    BooleanSupplier over = () -> stop.getAsBoolean() || tally.hopeless(planned);
    try (ScheduledExecutorService looks = watch(tally, plan, start);
        ExecutorService items = Executors.newSingleThreadExecutor()) {
      Future<@Nullable Measured> sentItems = items.submit(() -> sendItems(start, plan, over));
      int due = target.generator().open(load(plan, tally), times, start, deadline(), over);
      looks.shutdownNow();
      Measured itemsMeasured = sentItems.get();
      boolean cutShort = due < times.length;
      double seconds = plan.length().toNanos() / 1e9;
      if (cutShort) {
        double until = (start + times[due] - warm) / 1e9;
        seconds = Math.clamp(until, 1e-9, seconds);
      }
      Measured measured = tally.measured(plan.perSecond(), seconds, cutShort);
      return itemsMeasured == null ? measured : measured.with(itemsMeasured);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException failure
          ? failure
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a load ran", e);
    }
  }

  private Duration deadline() {
    return target.config().deadline();
  }

  private @Nullable Measured sendItems(long start, Plan plan, BooleanSupplier over) {
    return upserts == null
        ? null
        : upserts.send(start, plan.warmUp(), plan.length(), plan.seed() + 1, over);
  }

  private OpenLoad load(Plan plan, Tally tally) {
    return new OpenLoad() {
      @Override
      public byte[] request(int number) {
        tally.sent();
        return target.requests().bytes(plan.firstRequest() + number);
      }

      @Override
      public void ended(int number, Ending ending) {
        Verdict verdict =
            ending.status().isOk()
                ? target.requests().read(ending.answer(), plan.firstRequest() + number)
                : Verdict.WRONG;
        tally.ended(ending, verdict);
      }
    };
  }

  private ScheduledExecutorService watch(Tally tally, Plan plan, long start) {
    ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor();
    Looking looking = new Looking(tally, plan, start);
    var _ = looks.scheduleAtFixedRate(looking::look, 1, 1, TimeUnit.SECONDS);
    return looks;
  }

  /// Tells the watcher; owned by one thread.
  private final class Looking {
    private final Tally tally;
    private final Plan plan;
    private final long startNanos;
    private long lastNanos;
    private long lastEnded;

    Looking(Tally tally, Plan plan, long startNanos) {
      this.tally = tally;
      this.plan = plan;
      this.startNanos = startNanos;
      this.lastNanos = startNanos;
    }

    void look() {
      long now = System.nanoTime();
      Tally.Look look = tally.look();
      double second = (now - startNanos) / 1e9;
      double warmUp = plan.warmUp().toNanos() / 1e9;
      watcher.see(
          new Watcher.Sight(
              target.name(),
              second,
              warmUp + plan.length().toNanos() / 1e9,
              second < warmUp,
              plan.perSecond(),
              (look.ended() - lastEnded) * 1e9 / (now - lastNanos),
              look.failed(),
              look.inFlight(),
              look.p50Millis(),
              look.p99Millis()));
      lastNanos = now;
      lastEnded = look.ended();
    }
  }
}
