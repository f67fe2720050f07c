package io.saviorrec.loadtest.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.loadtest.measure.CapacitySearch.Capacity;
import io.saviorrec.loadtest.measure.CapacitySearch.Step;
import io.saviorrec.loadtest.measure.Comparison;
import io.saviorrec.loadtest.measure.FakeLoads;
import io.saviorrec.loadtest.measure.Measured;
import io.saviorrec.loadtest.measure.Slo;
import io.saviorrec.loadtest.measure.Slo.Limit;
import io.saviorrec.loadtest.report.Report.Part;
import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

class ReportTest {
  private static final Slo SLO = new Slo(List.of(new Limit(.99, Duration.ofMillis(20))), .01, .01);
  private static final Measured LOAD = FakeLoads.of(200, 999, 0, 1, i -> 2000 + i);

  private static Report report(@Nullable Capacity capacity, Measured... loads) {
    List<Part> parts = new ArrayList<>();
    for (Measured load : loads) {
      parts.add(new Part("host" + parts.size() + ":8500", load, SLO.judge(load)));
    }
    return new Report(
        Map.of("target", "<b>host0</b>:8500"),
        parts,
        capacity,
        loads.length == 2
            ? new Comparison(List.of(loads[0]), List.of(loads[1])).ratios()
            : List.of());
  }

  @Test
  void textSaysWhatWasSeenAndWhetherItSuffices() {
    List<String> lines = ReportText.lines(report(null, LOAD));
    assertThat(lines)
        .anyMatch(line -> line.matches("host0:8500 +1,000 +999 +200 +0 % +0.100 % +2.50 .*"));
    assertThat(lines).contains("failed on host0:8500: RESOURCE_EXHAUSTED 1");
    assertThat(lines).contains("note: host0:8500 answered RESOURCE_EXHAUSTED: the queue is full");
    assertThat(lines).anyMatch(line -> line.matches("met +p99 ≤ 20 ms +2.9.. ms"));
    assertThat(lines.getLast()).isEqualTo("objective met");
    Measured slow = FakeLoads.of(200, 1000, 0, 0, _ -> 30_000);
    assertThat(ReportText.lines(report(null, slow)).getLast()).isEqualTo("objective missed");
  }

  @Test
  void jsonHasEveryNumberWithItsUnitAndNoNaN() {
    Map<String, @Nullable Object> json = ReportJson.fields(report(null, LOAD));
    assertThat(json.toString())
        .contains("answered_per_second=199.8", "p99=2.9", "met=true", "RESOURCE_EXHAUSTED=1")
        .doesNotContain("NaN", "Infinity");
  }

  @Test
  void aCapacityIsTheLastLineAndListsWhatWasTried() {
    Measured missed = FakeLoads.of(400, 1000, 0, 0, _ -> 30_000);
    Capacity capacity =
        new Capacity(LOAD, List.of(new Step(missed, false, false), new Step(LOAD, true, true)));
    Report report = report(capacity, LOAD);
    assertThat(ReportText.lines(report))
        .anyMatch(line -> line.startsWith("400 ") && line.endsWith("missed"))
        .anyMatch(line -> line.startsWith("200 ") && line.endsWith("met, whole length"))
        .endsWith("capacity: 200 requests a second");
    assertThat(report.met()).isTrue();
    Report nothing = report(new Capacity(null, List.of(new Step(missed, false, false))));
    assertThat(nothing.met()).isFalse();
    assertThat(ReportText.lines(nothing).getLast()).startsWith("no capacity found");
    assertThat(ReportPage.html(nothing)).contains("no capacity found");
  }

  @Test
  void thePageStandsAloneAndItsPicturesAreWellFormed()
      throws IOException, ParserConfigurationException, SAXException {
    Measured other = FakeLoads.of(200, 900, 100, 0, i -> 1000 + 50 * i);
    Measured missed = FakeLoads.of(400, 1000, 0, 0, _ -> 30_000);
    Capacity capacity = new Capacity(LOAD, List.of(new Step(missed, false, false)));
    for (Report report : List.of(report(null, LOAD, other), report(capacity, LOAD))) {
      String page = ReportPage.html(report);
      assertThat(page).contains("&lt;b&gt;host0&lt;/b&gt;").doesNotContain("<b>host0");
      assertThat(page).doesNotContain("http:", "https:", "src=", "<script", "@import", "url(");
      assertThat(page).doesNotContain("NaN", "Infinity");
      assertThat(page).contains("prefers-color-scheme: dark");
      List<String> pictures =
          Pattern.compile("<svg.*?</svg>", Pattern.DOTALL)
              .matcher(page)
              .results()
              .map(match -> match.group())
              .toList();
      assertThat(pictures).hasSizeGreaterThanOrEqualTo(3);
      for (String picture : pictures) {
        var _ =
            DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(picture)));
      }
    }
  }

  @Test
  void aGeneratorThatWasLateSaysSo() {
    Measured late = FakeLoads.of(200, 1000, 0, 0, _ -> 2000);
    late.lag().recordValueWithCount(40_000, 1000);
    assertThat(report(null, late).warnings())
        .singleElement()
        .asString()
        .contains("were sent late (p99 40.", "the latencies contain that");
  }
}
