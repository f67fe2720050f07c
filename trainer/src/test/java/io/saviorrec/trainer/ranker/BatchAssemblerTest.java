package io.saviorrec.trainer.ranker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.bundle.FloatRows;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.feature.ItemColumns;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.ranker.BatchOrder.Range;
import io.saviorrec.trainer.ranker.Chunks.Chunk;
import io.saviorrec.trainer.torch.Tensors;
import io.saviorrec.trainer.train.Preset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Batches of a log with short and long page views.
class BatchAssemblerTest {
  private static final int ITEMS = 120;
  private static final int USERS = 7;
  private static final int PAGES = 90;
  private static final int SMALL_FROM = 50;
  private static final int LONGEST_PAGE = 75;
  private static final int HISTORY = 4;
  private static final int Z_DIM = 6;
  private static final int LEVELS = 3;
  private static final int CODES = 5;
  private static final long UNTIL = 1_000_000;

  @TempDir static Path folder;
  private static DataSet data;

  @BeforeAll
  static void write() throws IOException {
    Random random = new Random(2);
    StringBuilder items = new StringBuilder("item_id,title,image,category\n");
    for (int i = 0; i < ITEMS; i++) {
      items.append(10 + i).append(",t,,c\n");
    }
    StringBuilder log = new StringBuilder("user_id,item_id,timestamp,clicked,pctr_base\n");
    for (int page = 0; page < PAGES; page++) {
      // The last ones are small and without a click often enough to share rows.
      int most = page < SMALL_FROM ? 12 : 2;
      int size = page == 20 ? LONGEST_PAGE : 1 + random.nextInt(most);
      int first = random.nextInt(ITEMS - size);
      for (int c = 0; c < size; c++) {
        log.append(page % USERS + 1).append(',').append(10 + first + c).append(',');
        log.append(1000 * page)
            .append(',')
            .append(random.nextInt(page < SMALL_FROM ? 4 : 12) == 0 ? 1 : 0)
            .append(',');
        log.append(c % 3 == 0 ? "" : "0.2").append('\n');
      }
    }
    Files.writeString(folder.resolve("items.csv"), items);
    Files.writeString(folder.resolve("impressions.csv"), log);
    Files.writeString(
        folder.resolve("dataset.json"),
        "{\"validation_from\": %d, \"test_from\": %d}".formatted(UNTIL, UNTIL + 1));
    data = DataSet.open(folder);
  }

  @AfterAll
  static void close() {
    data.close();
  }

  private static float[] z() {
    Random random = new Random(5);
    float[] z = new float[ITEMS * Z_DIM];
    for (int i = 0; i < z.length; i++) {
      z[i] = (float) random.nextGaussian();
    }
    return z;
  }

  private static int[] codes() {
    return new Random(6).ints(ITEMS * LEVELS, 0, CODES).toArray();
  }

  private static ItemFeatures features() {
    return new ItemFeatures(
        data.items(), data.schema(), FloatRows.of(z(), Z_DIM), codes(), LEVELS, CODES);
  }

  /// The same items, but the ranker is not told which they are.
  private static ItemFeatures withoutIds() {
    ItemColumns columns = new ItemColumns(data.schema().item());
    long[] ids = new long[ITEMS];
    Arrays.fill(ids, RankerContract.UNKNOWN_ITEM);
    long[] ofItems =
        IntStream.range(0, ITEMS)
            .mapToObj(i -> data.items().columns(i, columns))
            .flatMapToLong(Arrays::stream)
            .toArray();
    ItemBatch padding =
        new ItemBatch(
            new long[1],
            new float[0],
            new long[columns.width()],
            new float[Z_DIM],
            new int[LEVELS]);
    return new ItemFeatures(
        ITEMS,
        IntStream.range(0, ITEMS).toArray(),
        new ItemBatch(ids, new float[0], ofItems, z(), codes()),
        padding);
  }

  /// Every item was shown ten times on the day before, and clicked more often the higher its index.
  private static ItemStatistics statistics() {
    int[] each = IntStream.range(0, ITEMS).toArray();
    return new ItemStatistics(
        IntStream.rangeClosed(0, ITEMS).toArray(),
        Arrays.stream(each).map(_ -> -1).toArray(),
        Arrays.stream(each).map(_ -> 10).toArray(),
        Arrays.stream(each).map(i -> 10 * i / ITEMS).toArray(),
        Arrays.stream(each).mapToLong(_ -> -Day.SECONDS).toArray());
  }

  private static Ranker ranker(AttentionNorm norm) {
    return ranker(Variant.SAVIORREC, norm);
  }

  private static Ranker ranker(Variant variant, AttentionNorm norm) {
    RankerConfig tiny = Preset.TINY.config().ranker();
    RankerConfig config =
        new RankerConfig(
            variant,
            Wiring.SUMMARIES,
            norm,
            Inputs.ALL,
            2,
            3,
            HISTORY,
            5,
            2,
            4,
            3,
            2,
            1,
            7,
            6,
            0,
            true,
            RankerConfig.Switch.OFF,
            new RankerConfig.Mba(4, MbaNorm.SMOOTH, 0.3),
            new RankerConfig.Taste(false, 3, 300),
            CalibrationKind.NONE,
            tiny.training());
    RankerSpec spec =
        new RankerSpec(
            Z_DIM,
            LEVELS,
            CODES,
            0,
            0,
            0,
            0,
            data.schema().item().size(),
            Math.toIntExact(new ItemColumns(data.schema().item()).tableSize()),
            new long[] {10, 20, 30},
            new long[0],
            new float[][] {{1, 5, 20}, {0, 2, 7}, {1, 3, 9}, {.1f, .2f, .3f}},
            new float[] {2, 1, 1.5f, -1},
            new float[] {1.1f, 0.9f, 0.5f, 0.4f},
            new float[] {-2, -1, 0},
            -1.2,
            0.8,
            0.2);
    return random(config, spec);
  }

  /// A ranker whose every weight is random, the zero-initialised ones too; always the same ones.
  private static Ranker random(RankerConfig config, RankerSpec spec) {
    torch.manual_seed(5);
    Ranker ranker = new Ranker(config, spec, null);
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      for (Tensor parameter : ranker.module().parameters().values()) {
        if (parameter.numel() > 0) {
          parameter.copy_(torch.randn_like(parameter).mul(new Scalar(0.4)));
        }
      }
    }
    return ranker;
  }

  @Test
  void anEpochHasEveryImpressionOfThePeriodOnce() {
    ImpressionLog log = data.log();
    Random random = new Random(8);
    BatchAssembler assembler = new BatchAssembler(log, data.statistics(), HISTORY, Tastes.NONE);
    for (long[] period : new long[][] {{0, UNTIL}, {5000, 30_000}}) {
      Chunks chunks = Chunks.of(log, period[0], period[1], _ -> true);
      for (int batchSize : new int[] {1, 17, 100, 100_000}) {
        List<Integer> seen = new ArrayList<>();
        for (Range range : BatchOrder.shuffle(chunks.all, batchSize, assembler.alike(), random)) {
          for (int i = range.from(); i < range.until(); i++) {
            assertThat(chunks.all[i].size()).isBetween(1, Chunks.MOST);
            for (int j = chunks.all[i].from(); j < chunks.all[i].to(); j++) {
              seen.add(chunks.samples[j]);
            }
          }
        }
        List<Integer> wanted = new ArrayList<>();
        int end = log.pageStart[log.firstPageAt(period[1])];
        for (int s = log.pageStart[log.firstPageAt(period[0])]; s < end; s++) {
          wanted.add(s);
        }
        assertThat(seen).containsExactlyInAnyOrderElementsOf(wanted);
      }
    }
  }

  @Test
  void aLongPageViewIsCutAndNothingOfItIsLost() {
    ImpressionLog log = data.log();
    Chunks parts = Chunks.of(log, 20_000, 20_001, _ -> true);
    assertThat(parts.all).extracting(Chunk::size).containsExactly(32, 32, LONGEST_PAGE - 64);
    try (var _ = new PointerScope()) {
      PageBatch batch =
          new BatchAssembler(log, data.statistics(), HISTORY, Tastes.NONE).assemble(parts, 0, 3);
      assertThat(batch.samples()).isEqualTo(LONGEST_PAGE);
      assertThat(batch.grid().size(1)).isEqualTo(32);
      assertThat(batch.candidates().numel()).isEqualTo(LONGEST_PAGE);
      long[] rows = Tensors.toLongs(batch.candidates());
      float[] labels = Tensors.toFloats(batch.labels());
      float[] base = Tensors.toFloats(batch.pctrBase());
      for (int s = 0; s < LONGEST_PAGE; s++) {
        int sample = log.pageStart[parts.all[0].page()] + s;
        assertThat(rows[s]).isEqualTo(log.sampleItem[sample]);
        assertThat(labels[s]).isEqualTo(log.clicked[sample] ? 1 : 0);
        assertThat(Float.floatToIntBits(base[s]))
            .isEqualTo(Float.floatToIntBits(log.pctrBase[sample]));
      }
    }
  }

  @Test
  void aBatchHoldsTheMostRecentClicksBeforeThePage() {
    ImpressionLog log = data.log();
    Chunks chunks = Chunks.of(log);
    int page = chunks.all[chunks.all.length - 1].page();
    int clicks = log.historySize(page);
    assertThat(clicks).isGreaterThan(HISTORY);
    try (var _ = new PointerScope()) {
      PageBatch batch =
          new BatchAssembler(log, data.statistics(), HISTORY, Tastes.NONE)
              .assemble(chunks, chunks.all.length - 1, chunks.all.length);
      long[] distinct = Tensors.toLongs(batch.distinct());
      long[] history = Tensors.toLongs(batch.history());
      assertThat(history).hasSize(HISTORY);
      for (int j = 0; j < HISTORY; j++) {
        assertThat(distinct[(int) history[j]])
            .isEqualTo(log.clickItem(log.historyEnd[page] - HISTORY + j));
      }
    }
  }

  /// Scores pages of all sizes in one padded batch and each on its own, without padding.
  @Test
  void paddingChangesNoPrediction() {
    ImpressionLog log = data.log();
    Chunks chunks = Chunks.of(log);
    ItemFeatures features = features();
    BatchAssembler assembler = new BatchAssembler(log, data.statistics(), HISTORY, Tastes.NONE);
    for (AttentionNorm norm : AttentionNorm.values()) {
      Ranker ranker = ranker(norm);
      List<Float> alone = new ArrayList<>();
      float[] together;
      try (var _ = new PointerScope();
          var _ = new NoGradGuard()) {
        PageBatch all = assembler.assemble(chunks, 0, chunks.all.length);
        together = all.probabilities(all.logits(ranker.module(), features, false));
        for (int i = 0; i < chunks.all.length; i++) {
          PageBatch one = assembler.assemble(chunks, i, i + 1);
          for (float p : one.probabilities(one.logits(ranker.module(), features, false))) {
            alone.add(p);
          }
        }
      }
      assertThat(alone).hasSize(together.length);
      for (int i = 0; i < together.length; i++) {
        assertThat(together[i]).as("%s %d", norm, i).isCloseTo(alone.get(i), within(1e-5f));
      }
    }
  }

  /// Page views that share a row, in blocks of rows that are alike, are scored as each is on its
  /// own, by every variant.
  @ParameterizedTest
  @MethodSource("rankers")
  void sharingARowChangesNoPrediction(Ranker ranker) {
    ImpressionLog log = data.log();
    assertThat(Chunks.of(log).all)
        .filteredOn(c -> c.size() > log.pageStart[c.page() + 1] - log.pageStart[c.page()])
        .hasSizeGreaterThan(5);
    Predictor predictor =
        new Predictor(ranker.module(), HISTORY, features(), log, data.statistics());
    float[] together = predictor.predict(0, UNTIL);
    for (int page = 0; page < log.pages(); page++) {
      int only = page;
      float[] alone =
          predictor.predict(
              0, UNTIL, new Predictor.Shown(features(), true, true), other -> other == only);
      for (int s = log.pageStart[page]; s < log.pageStart[page + 1]; s++) {
        assertThat(together[s]).as("%d", s).isCloseTo(alone[s], within(1e-5f));
      }
    }
  }

  static Stream<Named<Ranker>> rankers() {
    return Stream.concat(
        Arrays.stream(AttentionNorm.values()).map(norm -> Named.of(norm.toString(), ranker(norm))),
        Arrays.stream(Variant.values())
            .filter(variant -> variant != Variant.NO_Z)
            .map(variant -> Named.of(variant.label(), ranker(variant, AttentionNorm.LINEAR_MEAN))));
  }

  /// The loss of one step over a batch equals the mean over its impressions by hand, so padding
  /// weighs nothing.
  @Test
  void theLossIsTheMeanOverImpressionsAndNotOverPadding() {
    ImpressionLog log = data.log();
    ItemFeatures features = features();
    Ranker ranker = ranker(AttentionNorm.LINEAR_MEAN);
    Chunks chunks = Chunks.of(log);
    BatchAssembler assembler = new BatchAssembler(log, data.statistics(), HISTORY, Tastes.NONE);
    double sum = 0;
    int samples = 0;
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      for (int i = 0; i < chunks.all.length; i++) {
        PageBatch one = assembler.assemble(chunks, i, i + 1);
        float[] p = one.probabilities(one.logits(ranker.module(), features, false));
        for (int c = 0; c < p.length; c++) {
          sum -=
              log.clicked[chunks.samples[chunks.all[i].from() + c]]
                  ? Math.log(p[c])
                  : Math.log1p(-p[c]);
          samples++;
        }
      }
    }
    // One batch, one step: the loss is that of the fresh weights.
    RankerTrainer.Summary summary =
        new RankerTrainer(oneBatch(ranker), features, new OneShard(log), data.statistics())
            .train(1);
    assertThat(summary.samples()).isEqualTo(samples);
    assertThat(summary.loss()).isCloseTo(sum / samples, within(1e-5));
  }

  /// All of them cold are scored as a server scores items that it knows by their content alone.
  @Test
  void aColdCandidateHasNeitherIdNorStatistics() {
    ImpressionLog log = data.log();
    Chunks chunks = Chunks.of(log);
    ItemFeatures features = features();
    Ranker ranker = ranker(AttentionNorm.LINEAR_MEAN);
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      PageBatch batch =
          new BatchAssembler(log, statistics(), HISTORY, Tastes.NONE)
              .assemble(chunks, 0, chunks.all.length);
      float[] known = Tensors.toFloats(batch.logits(ranker.module(), features, false));
      PageBatch all = batch.withCold(1, new Random(3));
      assertThat(Tensors.toFloats(all.logits(ranker.module(), features, false)))
          .isNotEqualTo(known)
          .isEqualTo(
              Tensors.toFloats(
                  batch.shown(false, true).logits(ranker.module(), features, withoutIds(), false)));
      PageBatch half = batch.withCold(0.5, new Random(3));
      float[] mixed = Tensors.toFloats(half.logits(ranker.module(), features, false));
      float[] cold = Tensors.toFloats(all.logits(ranker.module(), features, false));
      int drawn = 0;
      for (int i = 0; i < mixed.length; i++) {
        assertThat(mixed[i]).isIn(known[i], cold[i]);
        drawn += mixed[i] == cold[i] && cold[i] != known[i] ? 1 : 0;
      }
      assertThat(drawn / (double) mixed.length).isBetween(0.3, 0.7);
      assertThat(batch.withCold(0, new Random(3))).isSameAs(batch);
    }
  }

  /// A ranker of the same weights that trains one epoch in one batch.
  private static Ranker oneBatch(Ranker like) {
    RankerConfig c = like.config();
    RankerConfig.Training t = c.training();
    RankerConfig config =
        new RankerConfig(
            c.variant(),
            c.wiring(),
            c.attentionNorm(),
            c.inputs(),
            c.heads(),
            c.headWidth(),
            c.historyLength(),
            c.idWidth(),
            c.statWidth(),
            c.statBuckets(),
            c.userWidth(),
            c.featureWidth(),
            c.minItemImpressions(),
            c.firstWidth(),
            c.secondWidth(),
            c.dropout(),
            c.residualLogit(),
            c.userId(),
            c.mba(),
            c.taste(),
            c.calibration(),
            new RankerConfig.Training(
                t.optimizer(),
                1_000_000,
                1,
                t.tableRate(),
                t.codebookRate(),
                t.denseRate(),
                0.1,
                0,
                0));
    return random(config, like.spec());
  }
}
