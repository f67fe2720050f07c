/// The training run, from a data set to a bundle, stage by stage.
@NullMarked
package io.saviorrec.trainer.train;

import org.jspecify.annotations.NullMarked;
