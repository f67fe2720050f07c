package io.saviorrec.trainer.console;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a task is at whose parts cannot be counted, such as statements of a database: lines on
/// standard error, from ten seconds on. A shorter task prints nothing.
///
/// The thread that does the work tells where it is; a thread of its own prints.
public final class Phases implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /// Turns of patience after which a phase that goes on is told again.
  private static final int REMINDER = 6;

  private final String task;
  private final Duration patience;
  private final PrintStream out;
  private final long startNanos = System.nanoTime();
  private final Thread teller;
  private volatile @Nullable String phase;

  private Phases(String task, Duration patience, PrintStream out) {
    this.task = task;
    this.patience = patience;
    this.out = out;
    this.teller = Thread.ofPlatform().daemon().name("phases of " + task).unstarted(this::tell);
  }

  /// A task that has no phase yet.
  public static Phases of(String task) {
    return of(task, PATIENCE, System.err);
  }

  static Phases of(String task, Duration patience, PrintStream out) {
    Phases phases = new Phases(task, patience, out);
    phases.teller.start();
    return phases;
  }

  /// The next phase begins.
  public void enter(String name) {
    phase = name;
  }

  private void tell() {
    String told = null;
    int turns = 0;
    try {
      while (true) {
        Thread.sleep(patience);
        String now = phase;
        turns++;
        if (now != null && (!Objects.equals(now, told) || turns % REMINDER == 0)) {
          told = now;
          out.printf(Locale.ROOT, "%s: %s, %.0f s so far%n", task, now, seconds());
        }
      }
    } catch (InterruptedException _) {
      // The task is over.
    }
  }

  private double seconds() {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  @Override
  public void close() {
    teller.interrupt();
  }
}
