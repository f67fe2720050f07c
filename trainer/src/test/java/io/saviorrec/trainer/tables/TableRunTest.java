package io.saviorrec.trainer.tables;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableRunTest {
  private static final PaperTable TABLE = PaperTable.TABLE3;
  private static final List<TableRow> ROWS = TABLE.present(List.of("base", "saviorrec"));
  private static final int SAMPLES = 60;

  @TempDir private Path out;

  private final List<String> said = new ArrayList<>();
  private final Trainer trainer = new Trainer();
  private final AtomicLong clock = new AtomicLong();

  /// Scores that follow the label, those of SaviorRec more closely.
  private final class Trainer implements CellMaker {
    final List<String> made = new ArrayList<>();
    String failing = "";
    String settings = "one";

    @Override
    public String key(Cell cell) {
      return settings + cell.name();
    }

    @Override
    public Made make(Cell cell) {
      made.add(cell.name());
      clock.addAndGet(30_000_000_000L);
      if (cell.name().equals(failing)) {
        throw new UserError("its loss is NaN;\n lower the rate");
      }
      float[] scores = new float[SAMPLES];
      boolean[] clicked = period().clicked();
      for (int i = 0; i < SAMPLES; i++) {
        int noise = (int) ((i * 37L + cell.seed() * 11) % 17);
        scores[i] = (noise + (clicked[i] ? cell.row().name().equals("base") ? 4 : 9 : 0)) / 30f;
      }
      return new Made(scores, Map.of(), "models/" + cell.name() + "/1");
    }
  }

  static Period period() {
    boolean[] clicked = new boolean[SAMPLES];
    long[] users = new long[SAMPLES];
    int[] bucketOf = new int[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      clicked[i] = i * 5 % 7 < 2;
      users[i] = i / 4;
      bucketOf[i] = i % 2;
    }
    return new Period(
        clicked,
        users,
        bucketOf,
        List.of(new Period.Bucket("0-9", 8, 30, 9), new Period.Bucket("10+", 2, 30, 8)));
  }

  private TableResult run(Long... seeds) {
    return new TableRun(
            TABLE, ROWS, List.of(seeds), trainer, new CellStore(out), clock::get, said::add)
        .run("shop", period());
  }

  @Test
  void makesAllRowsOfASeedBeforeTheNextSeedAndSaysHowLongItTakes() {
    TableResult table = run(1L, 2L);
    assertThat(trainer.made).containsExactly("base.1", "saviorrec.1", "base.2", "saviorrec.2");
    assertThat(said).contains("table3: 3 of 4 cells (base, seed 2), about 30 s left");
    assertThat(table.rows()).extracting(TableResult.Row::name).containsExactly("base", "saviorrec");
    assertThat(table.rows()).allSatisfy(row -> assertThat(row.seeds()).containsExactly(1L, 2L));
    assertThat(table.rows().getFirst().seconds()).isEqualTo(60);
    assertThat(table.failed()).isEmpty();
  }

  @Test
  void takesCellsThatAreThereAndAddsSeeds() {
    TableResult first = run(1L);
    trainer.made.clear();
    TableResult more = run(1L, 2L);
    assertThat(trainer.made).containsExactly("base.2", "saviorrec.2");
    trainer.made.clear();
    assertThat(run(1L)).isEqualTo(first);
    assertThat(run(1L, 2L)).isEqualTo(more);
    assertThat(trainer.made).isEmpty();
  }

  @Test
  void keepsTheOtherRowsWhenOneFailsAndTriesItAgain() {
    trainer.failing = "base.2";
    TableResult table = run(1L, 2L);
    assertThat(table.failed())
        .containsExactly(Map.entry("base, seed 2", "its loss is NaN; lower the rate"));
    assertThat(said).contains("base, seed 2 failed: its loss is NaN; lower the rate");
    assertThat(table.rows()).hasSize(2);
    assertThat(table.rows().getFirst().seeds()).containsExactly(1L);
    assertThat(table.rows().getLast().seeds()).containsExactly(1L, 2L);
    // Compared on the seed that both have.
    TableResult.Against against = Objects.requireNonNull(table.rows().getFirst().against());
    assertThat(against.seeds()).isEqualTo(1);
    trainer.failing = "";
    trainer.made.clear();
    assertThat(run(1L, 2L).failed()).isEmpty();
    assertThat(trainer.made).containsExactly("base.2");
  }

  @Test
  void makesACellAnewWhoseSettingsHaveChanged() {
    run(1L);
    trainer.made.clear();
    trainer.settings = "two";
    run(1L);
    assertThat(trainer.made).containsExactly("base.1", "saviorrec.1");
  }

  @Test
  void aCellThatWasKilledBeforeItsMarkIsMadeAgain() throws IOException {
    TableResult whole = run(1L);
    Files.delete(out.resolve("cells/base.1/cell.json"));
    Files.write(out.resolve("cells/base.1/scores.safetensors"), new byte[] {1, 2, 3});
    trainer.made.clear();
    assertThat(run(1L)).isEqualTo(whole);
    assertThat(trainer.made).containsExactly("base.1");
  }

  @Test
  void aTableIsTheSameWhenItIsReadFromItsJson() throws IOException {
    TableResult table = run(1L);
    byte[] json = TableJson.write(table);
    assertThat(TableJson.read(json, TableResult.class)).isEqualTo(table);
    // One seed has no interval.
    assertThat(new String(json, StandardCharsets.UTF_8))
        .contains("\"low\" : null")
        .doesNotContain("NaN");
  }
}
