package io.saviorrec.loadtest.cli;

import io.saviorrec.loadtest.measure.Watcher;
import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;

/// What is seen of a load while it runs: one line that changes on a terminal, a line every ten
/// seconds elsewhere, both on standard error.
///
/// Not thread-safe: loads tell it one after the other.
final class LiveLine implements Watcher, AutoCloseable {
  private static final double PLAIN_SECONDS = 10;

  /// A line that wraps cannot be changed; every terminal has so many columns.
  private static final int COLUMNS = 79;

  /// Clears the rest of a line that was longer.
  private static final String CLEAR = "\u001b[K";

  private final PrintStream out;
  private final boolean terminal;
  private boolean shown;

  LiveLine(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  // From JDK 25 on the console is null again where there is no terminal.
  @SuppressWarnings("SystemConsoleNull")
  static LiveLine onStandardError() {
    Console console = System.console();
    return new LiveLine(System.err, console != null && console.isTerminal());
  }

  @Override
  public void see(Sight sight) {
    if (terminal) {
      String text = text(sight);
      out.print("\r" + text.substring(0, Math.min(text.length(), COLUMNS)) + CLEAR);
      shown = true;
    } else if (Math.rint(sight.second()) % PLAIN_SECONDS == 0) {
      out.println(text(sight));
    }
    out.flush();
  }

  static String text(Sight sight) {
    return String.format(
        Locale.ROOT,
        "%.0f/%.0f s%s  %.0f of %.0f/s  p50 %s  p99 %s ms  %,d failed  %,d waiting  %s",
        Math.min(sight.second(), sight.seconds()),
        sight.seconds(),
        sight.warmingUp() ? " warm-up" : "",
        sight.ended(),
        sight.perSecond(),
        millis(sight.p50Millis()),
        millis(sight.p99Millis()),
        sight.failed(),
        sight.inFlight(),
        sight.target());
  }

  private static String millis(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.1f", value);
  }

  /// Leaves no half line behind.
  @Override
  public void close() {
    if (shown) {
      out.print("\r" + CLEAR);
      out.flush();
    }
  }
}
