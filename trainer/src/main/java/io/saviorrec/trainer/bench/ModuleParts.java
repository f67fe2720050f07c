package io.saviorrec.trainer.bench;

import com.sun.management.OperatingSystemMXBean;
import io.saviorrec.trainer.bench.Figure.Target;
import io.saviorrec.trainer.bench.Section.Row;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.ranker.AttentionNorm;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/// The parts without a server: the module against plain exports of it, against the machine, and
/// with a long history against a short one.
final class ModuleParts {
  private static final String OURS = "ours ";

  /// Keys and values of all heads in fp32, with the copies that are made of them.
  private static final long TILED_BYTES = 3 * 2 * 256 * Float.BYTES;

  private final Plan plan;
  private final ModuleProcess modules;
  private final List<Variant> variants;

  /// @param variants that are open in the process, by their names
  ModuleParts(Plan plan, ModuleProcess modules, List<Variant> variants) {
    this.plan = plan;
    this.modules = modules;
    this.variants = variants;
  }

  private DoubleSupplier cost(String name, Shape shape) {
    return () -> modules.cost(name, shape, plan.moduleSeconds());
  }

  /// Part 1.
  Section exports() {
    List<Row> rows = new ArrayList<>();
    List<Shape> shapes = plan.moduleShapes();
    try (Progress progress = Progress.start("(1) module and exports", shapes.size())) {
      for (Shape shape : shapes) {
        boolean tiled = tiledFits(shape);
        SequencedMap<String, DoubleSupplier> sides = new LinkedHashMap<>();
        sides.put(BenchBundles.ONCE, cost(BenchBundles.ONCE, shape));
        for (Variant variant : fp32()) {
          sides.put(variant.name(), cost(variant.name(), shape));
          if (tiled) {
            String archive = BenchBundles.tiled(variant.model());
            sides.put(archive, cost(archive, shape));
          }
        }
        Turns turns = new Turns(plan.rounds(), sides);
        for (Variant variant : fp32()) {
          Map<String, String> labels = shape.labels();
          labels.put("attention", variant.model());
          rows.add(new Row(labels, exports(turns, variant, shape, tiled)));
        }
        progress.step(Double.NaN);
      }
    }
    return new Section(
        1,
        "Our module against plain exports",
        "CPU time of one thread, fp32. Tiled: the same network exported with the history repeated for"
            + " every candidate. Once: the reference, softmax, history projected once for the request.",
        rows);
  }

  /// Whether a tiled request of this shape is neither too slow nor too large for the machine.
  private boolean tiledFits(Shape shape) {
    long clicks = (long) shape.candidates() * shape.history();
    long memory =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    return clicks <= plan.mostTiled() && clicks * TILED_BYTES < memory / 2;
  }

  private static List<Figure> exports(Turns turns, Variant variant, Shape shape, boolean tiled) {
    String archive = BenchBundles.tiled(variant.model());
    return List.of(
        Figure.ratio("tiled ÷ ours", tiled ? turns.ratio(archive, variant.name()) : Double.NaN)
            .should(tiled ? exportTarget(variant.norm(), shape) : null),
        Figure.ratio("once ÷ ours", turns.ratio(BenchBundles.ONCE, variant.name())),
        Figure.of("ours", "CPU ms per 1,000 candidates", 1000 * turns.median(variant.name())),
        Figure.of("once", "CPU ms per 1,000 candidates", 1000 * turns.median(BenchBundles.ONCE)));
  }

  private static @Nullable Target exportTarget(AttentionNorm norm, Shape shape) {
    if (shape.candidates() != 500) {
      return null;
    }
    if (norm == AttentionNorm.SOFTMAX) {
      return shape.history() == 50 ? Target.atLeast(8) : null;
    }
    return switch (shape.history()) {
      case 50 -> Target.atLeast(15);
      case 1000 -> Target.atLeast(60);
      default -> null;
    };
  }

  private List<Variant> fp32() {
    return variants.stream().filter(variant -> !variant.bf16()).toList();
  }

  /// The request of parts 3 and 4: as many candidates as parts 5 to 7 have.
  private Shape main(int history) {
    return new Shape(plan.main().candidates(), history);
  }

  /// Part 3.
  Section bound() {
    List<Row> rows = new ArrayList<>();
    int longest = plan.histories().getLast();
    List<Shape> shapes = List.of(main(plan.histories().getFirst()), main(longest));
    try (Progress progress =
        Progress.start("(3) module and machine", (long) shapes.size() * variants.size())) {
      for (Shape shape : shapes) {
        for (Variant variant : variants) {
          rows.add(bound(variant, shape));
          progress.step(Double.NaN);
        }
      }
    }
    return new Section(
        3,
        "Our module against the machine's own bound",
        "The bound: one matrix product of as many operations as the request cannot do without, of the"
            + " same type, in the same thread.",
        rows);
  }

  private Row bound(Variant variant, Shape shape) {
    int rows = shape.candidates();
    long operations =
        BenchNetwork.of(variant.norm(), plan.items()).operations(rows, shape.history());
    long columns = operations / (2L * rows * PlainExport.PRODUCT_WIDTH);
    int width = Math.toIntExact(Math.clamp(columns, 1, PlainExport.PRODUCT_COLUMNS));
    SequencedMap<String, DoubleSupplier> sides = new LinkedHashMap<>();
    sides.put(OURS, cost(variant.name(), shape));
    sides.put(
        BenchBundles.PRODUCT,
        () -> modules.product(rows, width, variant.bf16(), plan.moduleSeconds()));
    Turns turns = new Turns(plan.rounds(), sides);
    Map<String, String> labels = shape.labels();
    labels.put("attention", variant.model());
    labels.put("precision", variant.precision());
    double perThousand = operations / (double) rows * 1000;
    return new Row(
        labels,
        List.of(
            Figure.ratio("share of the bound", turns.ratio(BenchBundles.PRODUCT, OURS))
                .should(Target.atLeast(variant.bf16() ? .3 : .7)),
            Figure.of("operations", "MFLOP per request", operations / 1e6),
            Figure.of("ours", "GFLOP/s", perThousand / turns.median(OURS) / 1e9),
            Figure.of(
                "product",
                "GFLOP/s",
                2000.0
                    * PlainExport.PRODUCT_WIDTH
                    * width
                    / turns.median(BenchBundles.PRODUCT)
                    / 1e9)));
  }

  /// Part 4.
  Section history() {
    Shape brief = main(plan.histories().getFirst());
    Shape whole = main(plan.histories().getLast());
    List<Row> rows = new ArrayList<>();
    try (Progress progress = Progress.start("(4) long and short histories", variants.size())) {
      for (Variant variant : variants) {
        SequencedMap<String, DoubleSupplier> sides = new LinkedHashMap<>();
        sides.put("short", cost(variant.name(), brief));
        sides.put("long", cost(variant.name(), whole));
        Turns turns = new Turns(plan.rounds(), sides);
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("attention", variant.model());
        labels.put("precision", variant.precision());
        rows.add(
            new Row(
                labels,
                List.of(
                    Figure.ratio(
                            "cost at %d ÷ at %d".formatted(whole.history(), brief.history()),
                            turns.ratio("long", "short"))
                        .should(
                            variant.norm() == AttentionNorm.SOFTMAX ? null : Target.atMost(1.3)))));
        progress.step(Double.NaN);
      }
    }
    return new Section(
        4,
        "What a long history costs",
        "The bare module with %d candidates, CPU time.".formatted(brief.candidates()),
        rows);
  }
}
