package io.saviorrec.trainer.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.proto.v1.ScoreSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RankingTableTest {
  private static List<String> lines(String... titles) {
    List<RankedItem> ranking = new ArrayList<>();
    for (String title : titles) {
      int rank = ranking.size() + 1;
      ranking.add(new RankedItem(rank, rank, title, 0.5f, null, ScoreSource.TRAINED));
    }
    return RankingTable.lines(ranking, _ -> "");
  }

  @Test
  void columnsOfChineseTitlesStandBelowEachOther() {
    assertThat(lines("红色羊毛围巾", "Red scarf"))
        .containsExactly(
            "rank  item  title           pCTR  pctr_base  source",
            "   1     1  红色羊毛围巾  0.5000          -  TRAINED",
            "   2     2  Red scarf     0.5000          -  TRAINED");
  }

  @ParameterizedTest
  @CsvSource({
    "scarf, 5",
    "围巾, 4",
    "ｶﾞ, 2",
    "한국, 4",
    "cafe\u0301, 4",
    "🧣, 2",
    "❤\uFE0F, 2",
    "👩\u200D👩\u200D👧, 2",
    "👍🏽, 2",
    "🇨🇳, 2"
  })
  void countsTheColumnsThatATerminalUses(String title, int columns) {
    assertThat(DisplayWidth.of(title)).isEqualTo(columns);
  }

  @Test
  void longTitlesAreCutBetweenCharacters() {
    List<String> lines = lines("围".repeat(30), "e\u0301".repeat(60), "x");
    assertThat(lines.get(1)).contains("围".repeat(23) + "…   0.5").doesNotContain("围".repeat(24));
    assertThat(lines.get(2)).contains("e\u0301".repeat(47) + "…  0.5");
  }

  @Test
  void aTitleCannotMoveTheCursor() {
    assertThat(lines("a\tb\u001b[2Jc\n").get(1)).contains("a b [2Jc  0.5");
  }
}
