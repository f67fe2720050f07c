package io.saviorrec.trainer.train;

import io.saviorrec.config.Check;
import io.saviorrec.trainer.data.prepare.CoClickConfig;
import io.saviorrec.trainer.encoder.EncoderConfig;
import io.saviorrec.trainer.quantizer.QuantizerConfig;
import io.saviorrec.trainer.ranker.RankerConfig;
import io.saviorrec.trainer.ranker.Variant;

/// Every setting of a training run.
///
/// @param coClicks which items count as clicked together
/// @param checkpoints how often a run is kept, so that it can go on after a kill
public record TrainConfig(
    CoClickConfig coClicks,
    EncoderConfig encoder,
    QuantizerConfig quantizer,
    RankerConfig ranker,
    CheckpointConfig checkpoints) {

  public TrainConfig {
    Check.all(
        check ->
            check.that(
                ranker.variant() != Variant.NO_Z || ranker.mba().width() == quantizer.codeDim(),
                "ranker.mba.width",
                "be quantizer.codeDim %d for variant no_z, whose codebook starts from the RQ-VAE's"
                    .formatted(quantizer.codeDim()),
                ranker.mba().width()));
  }
}
