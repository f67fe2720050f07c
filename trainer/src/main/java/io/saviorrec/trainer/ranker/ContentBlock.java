package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// What a variant makes of candidate and history beside the attentions of eqs. 11-14, as a text of
/// TorchScript and its parameters.
///
/// @param texts resources that give the ranker's text its `content` and `features`
/// @param contentWidth X, what is kept of an item for that
/// @param featureWidth what the first layer gets of a candidate beside those attentions
/// @param parameters made in this order
record ContentBlock(
    List<String> texts, int contentWidth, int featureWidth, List<Parameter> parameters) {

  /// SimTier's tiers of the cosine.
  static final int SIMTIER_TIERS = 20;

  /// BBQRec's.
  static final int BBQREC_TIERS = 16;

  /// CHIME's levels of codes, codes of a level, the width of a code and of what a bin says.
  static final int CHIME_LEVELS = 3;

  static final int CHIME_CODES = 64;
  static final int CHIME_WIDTH = 64;
  static final int CHIME_ROW = 16;

  /// How soft CHIME's assignments are: squared distances differ by about the root of the width.
  static final double CHIME_HEAT = Math.sqrt(CHIME_WIDTH);

  /// About the deviation of what the codes are to stand for.
  private static final double CHIME_DEVIATION = 0.5;

  /// A parameter with its initial value.
  record Parameter(String name, Tensor initial) {}

  /// What a ranker with this configuration needs.
  ///
  /// @param behaviourWidth B
  /// @param zDim D
  static ContentBlock of(RankerConfig config, int behaviourWidth, int zDim) {
    int rows = config.heads() * config.headWidth();
    return switch (config.variant()) {
      case BASE, SAVIORREC, NO_MBA, NO_Z, NO_BID, NO_CROSS ->
          new ContentBlock(List.of("torchscript/plain.py"), 0, 0, List.of());
      case SIMTIER ->
          new ContentBlock(
              List.of("torchscript/similarity.py", "torchscript/simtier.py"),
              zDim,
              SIMTIER_TIERS,
              List.of(new Parameter("tier_weight", torch.ones(SIMTIER_TIERS))));
      case MIM ->
          new ContentBlock(
              List.of("torchscript/pooled.py", "torchscript/mim.py"),
              0,
              config.heads() * (config.headWidth() + (config.summaries() == 0 ? 0 : 2)),
              List.of(
                  new Parameter("fusion_weight", torch.ones(3, config.heads())),
                  new Parameter("fusion_value", Tensors.xavier(rows, behaviourWidth + zDim))));
      case CHIME ->
          new ContentBlock(
              List.of("torchscript/chime.py"),
              CHIME_LEVELS * CHIME_CODES,
              CHIME_LEVELS * (CHIME_ROW + 1),
              List.of(
                  new Parameter("adapt", Tensors.xavier(CHIME_WIDTH, zDim)),
                  new Parameter("adapt_gate", Tensors.xavier(CHIME_WIDTH, zDim)),
                  new Parameter("adapt_bias", torch.zeros(CHIME_WIDTH)),
                  new Parameter(
                      "interest_code",
                      Tensors.normal(CHIME_DEVIATION, CHIME_LEVELS, CHIME_CODES, CHIME_WIDTH)),
                  new Parameter(
                      "interest_row",
                      Tensors.uniform(
                          Math.sqrt(6.0 / (CHIME_CODES + CHIME_ROW)),
                          CHIME_LEVELS,
                          CHIME_CODES,
                          CHIME_ROW))));
      case BBQREC ->
          new ContentBlock(
              List.of(
                  "torchscript/similarity.py", "torchscript/pooled.py", "torchscript/bbqrec.py"),
              zDim,
              0,
              List.of(
                  new Parameter("similarity_score", torch.zeros(BBQREC_TIERS, config.heads())),
                  new Parameter("past_score", torch.zeros(BBQREC_TIERS, config.heads())),
                  new Parameter("past_query", Tensors.xavier(rows, behaviourWidth)),
                  new Parameter("past_key", Tensors.xavier(rows, behaviourWidth)),
                  new Parameter("past_value", Tensors.xavier(rows, behaviourWidth)),
                  new Parameter("past_output", torch.zeros(behaviourWidth, rows))));
    };
  }

  /// Whether scoring needs the history itself.
  boolean readsHistory() {
    return !parameters.isEmpty();
  }

  /// Adds the parameters and the numbers that the text takes.
  void define(ScriptModule module) {
    for (Parameter parameter : parameters) {
      module.parameter(parameter.name(), parameter.initial());
    }
    module.attribute("reads_history", readsHistory() ? 1 : 0);
    module.attribute("content_width", contentWidth);
    module.attribute("interest_heat", CHIME_HEAT);
  }
}
