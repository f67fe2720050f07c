package io.saviorrec.trainer.console;

import java.io.Console;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/// The progress of one long task: a bar on a terminal, plain lines elsewhere, both on standard
/// error.
///
/// Not thread-safe: the thread that does the work reports it.
public final class Progress implements AutoCloseable {
  private static final long PLAIN_INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

  /// Weight of the newest loss in the shown moving average.
  private static final double LOSS_WEIGHT = 0.05;

  private final String task;
  private final long total;
  private final @Nullable ProgressBar bar;
  private final long startNanos = System.nanoTime();
  private long done;
  private long lastLineNanos = startNanos;
  private double loss = Double.NaN;

  private Progress(String task, long total, boolean terminal) {
    this.task = task;
    this.total = total;
    this.bar =
        terminal
            ? new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK)
                .setUpdateIntervalMillis(250)
                .build()
            : null;
  }

  /// Starts showing a task of `total` steps.
  // From JDK 25 on the console is null again where there is no terminal.
  @SuppressWarnings("SystemConsoleNull")
  public static Progress start(String task, long total) {
    Console console = System.console();
    return new Progress(task, Math.max(1, total), console != null && console.isTerminal());
  }

  /// One step is done; `newLoss` may be NaN where a step has none.
  public void step(double newLoss) {
    advance(1, newLoss);
  }

  /// `steps` more steps are done.
  public void advance(long steps, double newLoss) {
    done += steps;
    if (!Double.isNaN(newLoss)) {
      loss = Double.isNaN(loss) ? newLoss : loss + LOSS_WEIGHT * (newLoss - loss);
    }
    if (bar != null) {
      bar.stepBy(steps);
      if (!Double.isNaN(loss)) {
        bar.setExtraMessage(String.format(Locale.ROOT, " loss %.4f", loss));
      }
      return;
    }
    long now = System.nanoTime();
    if (now - lastLineNanos >= PLAIN_INTERVAL_NANOS) {
      lastLineNanos = now;
      double seconds = (now - startNanos) / 1e9;
      line(
          String.format(
              Locale.ROOT, ", %.0f s left", seconds * (total - done) / Math.max(1, done)));
    }
  }

  private void line(String rest) {
    String shownLoss = Double.isNaN(loss) ? "" : String.format(Locale.ROOT, ", loss %.4f", loss);
    System.err.printf(
        Locale.ROOT,
        "%s: %d/%d (%d %%)%s%s%n",
        task,
        done,
        total,
        100 * done / total,
        shownLoss,
        rest);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    } else {
      line(String.format(Locale.ROOT, ", %.1f s", (System.nanoTime() - startNanos) / 1e9));
    }
  }
}
