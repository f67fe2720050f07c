package io.saviorrec.trainer.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.bench.Figure.Target;
import io.saviorrec.trainer.bench.Section.Row;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

class SectionTest {
  private static final Section SECTION =
      new Section(
          7,
          "A title",
          "A note.",
          List.of(
              new Row(
                  Map.of("items", "5"),
                  List.of(
                      Figure.ratio("a ÷ b", .654321).should(Target.atMost(.65)),
                      Figure.of("time", "ms", 1234.5))),
              new Row(
                  Map.of("items", "50"),
                  List.of(
                      Figure.ratio("a ÷ b", Double.NaN),
                      Figure.of("time", "ms", .00012).should(Target.atMost(1))))));

  @Test
  void columnsStandUnderTheirHeadings() {
    assertThat(SECTION.text())
        .containsExactly(
            "(7) A title",
            "    A note.",
            "    items  a ÷ b                    time, ms",
            "    5      0.654 (≤ 0.650: missed)  1235",
            "    50     –                        0.00012 (≤ 1.00: met)");
  }

  @Test
  void everyNumberHasItsUnitInJson() {
    assertThat(SECTION.fields().toString())
        .contains("a_over_b={value=0.654321, unit=ratio, at_most=0.65, met=false}")
        .contains("a_over_b={value=null, unit=ratio}")
        .contains("time={value=1234.5, unit=ms}");
    assertThat(SECTION.targets(false)).isEqualTo(2);
    assertThat(SECTION.targets(true)).isEqualTo(1);
  }

  @Test
  void aDocumentGetsOneTable() {
    assertThat(SECTION.markdown())
        .contains("### (7) A title", "| items | a ÷ b | time, ms |", "|---|---|---|");
  }

  @Test
  void whatMeetsNoLimitIsMissed() {
    assertThat(Target.atLeast(2).met(Double.POSITIVE_INFINITY)).isFalse();
    assertThat(Target.atMost(2).met(Double.NaN)).isFalse();
    assertThat(Target.atLeast(2).met(2)).isTrue();
  }

  @Test
  void ratiosAreTakenRoundByRound() {
    // A machine that slows down by half each round, under a side that costs twice the other.
    SequencedMap<String, DoubleSupplier> sides = new LinkedHashMap<>();
    double[] clock = {1, 1};
    sides.put("fast", () -> clock[0] *= 2);
    sides.put("slow", () -> 2 * (clock[1] *= 2));
    Turns turns = new Turns(3, sides);
    assertThat(turns.ratio("slow", "fast")).isEqualTo(2);
    assertThat(turns.median("fast")).isEqualTo(8);
  }
}
