package io.saviorrec.trainer.cli;

import io.saviorrec.trainer.evaluate.LatentProbes;
import io.saviorrec.trainer.evaluate.LatentProbes.Figures;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What z tells, as a table for people.
record LatentProbesText(PrintWriter out) {

  void print(LatentProbes probes) {
    say("%nz uses %.1f of its %d directions%n", probes.effectiveRank(), probes.zDim());
    if (probes.heldOut() == null && probes.newItems() == null) {
      return;
    }
    say(
        "%n%-28s %7s %10s %8s %27s %8s%n",
        "what z tells by a linear map",
        "items",
        "category %",
        "theme %",
        "R² of style 0, 1, 2, 3",
        "appeal");
    row("held-out items", probes.heldOut());
    row("new items", probes.newItems());
  }

  private void row(String name, @Nullable Figures figures) {
    if (figures == null) {
      return;
    }
    List<Double> style = figures.style();
    say(
        "%-28s %,7d %10.1f %8.1f %6.2f %6.2f %6.2f %6.2f %8.2f%n",
        name,
        figures.items(),
        100 * figures.category(),
        100 * figures.theme(),
        style.get(0),
        style.get(1),
        style.get(2),
        style.get(3),
        figures.visibleAppeal());
  }

  @SuppressWarnings("AnnotateFormatMethod") // its annotation is in a library that only tools use
  private void say(String format, @Nullable Object... values) {
    out.printf(Locale.ROOT, format, values);
  }
}
