package io.saviorrec.trainer.ranker;

import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.trainer.data.log.ClickRate;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// The click model as a script module, with MBA as its submodule `mba`.
///
/// The model and its ablations differ in shapes only: an attention that a variant lacks has weights
/// without rows, so that the text of `torchscript/ranker.py` is the same for all. What a baseline
/// has in their place or beside them is its [ContentBlock].
public final class Ranker {
  private static final double TABLE_DEVIATION = 0.05;

  /// Larger, so that from the first step on the attention sees which items are of one category.
  private static final double ITEM_COLUMN_DEVIATION = 0.3;

  private static final int BASE_WIDTH = 8;

  /// Standard deviations beyond which a statistic is no further away.
  private static final double STAT_LIMIT = 4;

  /// libtorch's numbers of types.
  private static final int FLOAT32 = 6;

  private static final int INT64 = 4;

  private static final int FLOAT64 = 7;

  private static final int BFLOAT16 = 15;

  /// Candidates of one request from which it pays to fold the user's attention into the first
  /// layer: where both ways need the same number of products, at the paper's widths.
  private static final int FOLD_ROWS = 64;

  /// What one more block of page views costs in training, in clicks times candidates and one.
  private static final int BLOCK_WORK = 1000;

  /// Scores that softmax attention keeps at once: 1 MB, which stays in a core's second cache.
  private static final int SOFTMAX_SCORES = 1 << 18;

  private static final List<String> SERVING =
      List.of(
          "serve_attention",
          "serve_base",
          "serve_boundaries",
          "serve_query_h",
          "serve_query_z",
          "serve_queries",
          "serve_values",
          "serve_second",
          "serve_second_bias",
          "serve_third",
          "item_keys",
          "item_queries",
          "item_first",
          "item_start",
          "users");

  private final RankerConfig config;
  private final RankerSpec spec;
  private final ContentBlock content;
  private final ScriptModule mba = new ScriptModule("Mba");
  private final ScriptModule module = new ScriptModule("Ranker");

  /// Makes a ranker with fresh weights from libtorch's generator.
  ///
  /// @param rqCodebook f32[L*K*d], the start of MBA's codebook for the variant without z; otherwise
  ///   not read
  public Ranker(RankerConfig config, RankerSpec spec, float @Nullable [] rqCodebook) {
    this.config = config;
    this.spec = spec;
    try (var _ = new PointerScope()) {
      defineMba(rqCodebook);
      module.submodule("mba", mba);
      tables();
      attention();
      content = ContentBlock.of(config, behaviourWidth(), spec.zDim());
      content.define(module);
      taste();
      dnn();
      List<String> texts = new ArrayList<>(content.texts());
      texts.add("torchscript/ranker.py");
      module.defineResources(texts);
    }
  }

  public RankerConfig config() {
    return config;
  }

  public RankerSpec spec() {
    return spec;
  }

  public ScriptModule module() {
    return module;
  }

  public ScriptModule mba() {
    return mba;
  }

  /// E, the width of an item's state: what the attentions need of it, its part of the first layer,
  /// and where its score starts that no base model gives.
  public int stateWidth() {
    int attention =
        stateHoldsHistory() || content.readsHistory()
            ? behaviourWidth() + spec.zDim() + 1 + content.contentWidth()
            : config.totalHeads() * (3 * config.headWidth() + 1) + config.tasteWidth();
    return attention + config.firstWidth() + 1;
  }

  /// U, the width of a user's state: the sums of the history where they can be taken before a
  /// candidate is known, the number of clicks, the projected taste profile, and the user's part of
  /// the first layer.
  public int userWidth() {
    int width = config.headWidth();
    int sums = stateHoldsHistory() ? config.totalHeads() * width * (width + config.summaries()) : 0;
    return sums + 1 + config.tasteWidth() + config.firstWidth();
  }

  /// W, numbers of a user's taste profile; 0: it is no input.
  public int tasteWidth() {
    return config.taste().enabled() ? spec.zDim() : 0;
  }

  /// Whether a user's state is all that is needed of a history, as with linear attention norms.
  public boolean stateHoldsHistory() {
    return config.attentionNorm() != AttentionNorm.SOFTMAX && !content.readsHistory();
  }

  /// Makes scores follow this curve from now on, here and in archives.
  public void calibrate(CalibrationCurve curve) {
    set("calibration_at", curve.at());
    set("calibration_to", curve.to());
    set(
        "calibration_slope",
        IntStream.range(1, curve.at().length).mapToDouble(i -> curve.slope(i - 1)).toArray());
  }

  private void set(String buffer, double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      narrow[i] = (float) values[i];
    }
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      module.buffer(buffer).resize_(values.length).copy_(Tensors.floats(narrow, values.length));
    }
  }

  /// Whether the variant has a loss beside that of the clicks, `own_loss` of z.
  boolean hasOwnLoss() {
    return config.variant() == Variant.CHIME;
  }

  /// B, the width of h: the ID embedding, the statistics with the click rate, each as the embedding
  /// of its bucket and as a number, and the item columns.
  private int behaviourWidth() {
    return config.itemIdWidth() + statisticsWidth() + spec.itemColumns() * config.featureWidth();
  }

  private int statisticsWidth() {
    return config.usesStatistics() ? spec.statBoundaries().length * (config.statWidth() + 1) : 0;
  }

  private void defineMba(float @Nullable [] rqCodebook) {
    int width = config.usesMba() ? config.mba().width() : 0;
    int rows = spec.levels() * (spec.codebookSize() + 1);
    boolean skip = config.variant() != Variant.NO_Z;
    mba.parameter("codebook", skip ? torch.zeros(rows, width) : fromRq(rqCodebook, width));
    // With a zero codebook only the fusion layer may start away from zero, else nothing ever moves.
    mba.parameter(
        "fusion",
        width == 0
            ? torch.zeros(spec.zDim(), 0)
            : Tensors.xavier(spec.zDim(), (long) spec.levels() * width));
    mba.attribute("codebook_size", spec.codebookSize());
    mba.attribute("norm", config.mba().norm().code());
    mba.attribute("eps", config.mba().eps());
    mba.attribute("skip", skip ? 1.0 : 0.0);
    mba.defineResource("torchscript/mba.py");
  }

  private Tensor fromRq(float @Nullable [] rqCodebook, int width) {
    int levels = spec.levels();
    int size = spec.codebookSize();
    if (rqCodebook == null || rqCodebook.length != levels * size * width) {
      throw new IllegalArgumentException(
          "variant no_z needs an RQ codebook of "
              + levels
              + "x"
              + size
              + "x"
              + width
              + " values; set ranker.mba.width to quantizer.codeDim");
    }
    float[] padded = new float[levels * (size + 1) * width];
    for (int level = 0; level < levels; level++) {
      System.arraycopy(
          rqCodebook, level * size * width, padded, level * (size + 1) * width, size * width);
    }
    return Tensors.floats(padded, (long) levels * (size + 1), width);
  }

  private void tables() {
    long[] items = withSentinel(spec.itemVocabulary());
    long[] users = withSentinel(spec.userVocabulary());
    long stats = spec.statBoundaries().length;
    module.buffer("item_vocabulary", Tensors.longs(items, items.length));
    module.buffer("user_vocabulary", Tensors.longs(users, users.length));
    module.parameter(
        "item_table", Tensors.normal(TABLE_DEVIATION, items.length + 1L, config.itemIdWidth()));
    module.parameter(
        "user_table", Tensors.normal(TABLE_DEVIATION, users.length + 1L, config.userWidth()));
    module.parameter(
        "stat_table",
        Tensors.normal(
            TABLE_DEVIATION,
            stats * config.statBuckets(),
            config.usesStatistics() ? config.statWidth() : 0));
    module.parameter("profile_table", featureTable(spec.profileTableSize()));
    module.parameter("context_table", featureTable(spec.contextTableSize()));
    module.parameter(
        "feature_table",
        Tensors.normal(
            ITEM_COLUMN_DEVIATION, Math.max(1, spec.itemTableSize()), config.featureWidth()));
    module.parameter(
        "base_table",
        Tensors.normal(TABLE_DEVIATION, spec.baseBoundaries().length + 2L, BASE_WIDTH));
    int perStat = config.statBuckets() - 1;
    float[] boundaries = new float[Math.toIntExact(stats * perStat)];
    for (int s = 0; s < stats; s++) {
      System.arraycopy(spec.statBoundaries()[s], 0, boundaries, s * perStat, perStat);
    }
    module.buffer("stat_boundaries", Tensors.floats(boundaries, stats, perStat));
    module.buffer("stat_mean", Tensors.floats(spec.statMeans(), stats));
    module.buffer("stat_deviation", Tensors.floats(spec.statDeviations(), stats));
    module.attribute("stat_limit", STAT_LIMIT);
    module.attribute("statistics_width", statisticsWidth());
    module.attribute("pv_column", FeatureSchema.ITEM_STATS.indexOf(FeatureSchema.PV));
    module.attribute("clicks_column", FeatureSchema.ITEM_STATS.indexOf(FeatureSchema.CLICKS));
    module.buffer(
        "base_boundaries", Tensors.floats(spec.baseBoundaries(), spec.baseBoundaries().length));
    module.attribute("rate_prior", spec.clickRate());
    module.attribute("rate_strength", ClickRate.PRIOR_IMPRESSIONS);
    module.attribute("base_mean", spec.baseMean());
    module.attribute("base_deviation", spec.baseDeviation());
    module.attribute("user_width", spec.userVocabulary().length == 0 ? 0 : config.userWidth());
  }

  /// At least one row, since there may be no columns.
  private Tensor featureTable(int size) {
    return Tensors.normal(TABLE_DEVIATION, Math.max(1, size), config.featureWidth());
  }

  /// A vocabulary is never empty, so that a search in it always ends at a row.
  private static long[] withSentinel(long[] vocabulary) {
    long[] ids = Arrays.copyOf(vocabulary, vocabulary.length + 1);
    ids[vocabulary.length] = Long.MAX_VALUE;
    return ids;
  }

  private void attention() {
    int width = config.headWidth();
    int behaviourHeads = config.behaviourHeads();
    int modalHeads = config.modalHeads();
    int crossHeads = config.crossHeads();
    int queryH = (behaviourHeads + crossHeads) * width;
    int queryZ = (modalHeads + crossHeads) * width;
    int h = behaviourWidth();
    int z = spec.zDim();
    Tensor startH = withoutNumbers(Tensors.xavier(queryH, h));
    Tensor startZ = Tensors.xavier(queryZ, z);
    boolean tied = config.wiring() == Wiring.SUMMARIES;
    module.parameter("query_h", startH);
    module.parameter("key_h", tied ? startH.clone() : withoutNumbers(Tensors.xavier(queryH, h)));
    module.parameter("query_z", startZ);
    module.parameter("key_z", tied ? startZ.clone() : Tensors.xavier(queryZ, z));
    module.parameter("value_h", Tensors.xavier((long) (behaviourHeads + crossHeads) * width, h));
    module.parameter("value_z", Tensors.xavier((long) (modalHeads + crossHeads) * width, z));
    module.attribute("head_width", width);
    module.attribute("behaviour_heads", behaviourHeads);
    module.attribute("cross_heads", crossHeads);
    module.attribute("attention_norm", config.attentionNorm().code());
    module.attribute("summaries", config.summaries());
    module.attribute("block_work", BLOCK_WORK);
    module.attribute("behaviour_width", h);
    module.attribute("score_scale", 1 / Math.sqrt(width));
    module.attribute("z_dim", z);
    module.attribute("z_scale", Math.sqrt(z));
  }

  /// A projection of h that does not see the numbers among its statistics to begin with: they are
  /// large beside embeddings, and items that are equally popular are not alike.
  private Tensor withoutNumbers(Tensor projection) {
    if (config.usesStatistics()) {
      int stats = spec.statBoundaries().length;
      projection.narrow(1, config.itemIdWidth() + (long) stats * config.statWidth(), stats).zero_();
    }
    return projection;
  }

  /// Tied at the start, as the attentions' queries and keys are, so that the products add up to how
  /// well a candidate's z fits the profile.
  private void taste() {
    int width = config.tasteWidth();
    Tensor start = Tensors.xavier(width, spec.zDim());
    module.parameter("taste_query", start);
    module.parameter("taste_key", start.clone());
    module.attribute("taste_width", width);
    // Profiles are sums of unit vectors over about so many impressions.
    module.attribute("taste_scale", Math.sqrt(spec.zDim() / config.taste().halfLife()));
  }

  private void dnn() {
    int first = config.firstWidth();
    int attention =
        config.totalHeads() * (config.headWidth() + config.summaries()) + content.featureWidth();
    boolean zInDnn = config.wiring() == Wiring.SUMMARIES && config.usesZ();
    int zColumns = zInDnn ? spec.zDim() : 0;
    int user =
        (spec.userVocabulary().length == 0 ? 0 : config.userWidth())
            + (spec.profileColumns() + spec.contextColumns()) * config.featureWidth()
            + 1;
    int base = BASE_WIDTH + 2;
    // The first layer is one matrix, kept in parts so that the item's and the user's can be
    // computed apart.
    int taste = config.tasteWidth();
    int fanIn = attention + taste + behaviourWidth() + zColumns + user + base;
    module.parameter("first_attention", firstLayer(attention, fanIn));
    module.parameter("first_taste", firstLayer(taste, fanIn));
    module.parameter("first_h", firstLayer(behaviourWidth(), fanIn));
    module.parameter("first_z", firstLayer(zColumns, fanIn));
    module.parameter("first_user", firstLayer(user, fanIn));
    module.parameter("first_base", firstLayer(base, fanIn));
    module.parameter("first_bias", torch.zeros(first));
    module.parameter("second", Tensors.xavier(config.secondWidth(), first));
    module.parameter("second_bias", torch.zeros(config.secondWidth()));
    // With the residual logit an output layer of zeros starts training at pctr_base itself, and
    // where that is absent at the item's click rate.
    module.parameter(
        "third",
        config.residualLogit()
            ? torch.zeros(1, config.secondWidth())
            : Tensors.xavier(1, config.secondWidth()));
    module.parameter("third_bias", torch.zeros(1));
    if (config.residualLogit()) {
      module.parameter("residual", torch.ones(1));
    } else {
      module.buffer("residual", torch.zeros(1));
    }
    if (config.residualLogit() && config.usesStatistics()) {
      module.parameter("rate_residual", torch.ones(1));
    } else {
      module.buffer("rate_residual", torch.zeros(1));
    }
    module.attribute("dropout", config.dropout());
    for (String name : List.of("calibration_at", "calibration_to", "calibration_slope")) {
      module.buffer(name, torch.zeros(0));
    }
    serving();
  }

  /// What `prepare` fills when the archive is loaded to serve; nothing of it is saved.
  private void serving() {
    for (String name : SERVING) {
      module.buffer(name, torch.zeros(0));
    }
    module.attribute("float32", FLOAT32);
    module.attribute("float64", FLOAT64);
    module.attribute("bfloat16", BFLOAT16);
    module.attribute("int64", INT64);
    module.attribute("fold_rows", FOLD_ROWS);
    module.attribute("profile_columns", spec.profileColumns());
    module.attribute("softmax_scores", SOFTMAX_SCORES);
  }

  private Tensor firstLayer(int columns, int fanIn) {
    double bound = Math.sqrt(6.0 / (fanIn + config.firstWidth()));
    return Tensors.uniform(bound, config.firstWidth(), columns);
  }
}
