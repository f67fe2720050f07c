/// The click model: its configuration, its network (MBA, BiD-TA, DNN) and its training loop.
@NullMarked
package io.saviorrec.trainer.ranker;

import org.jspecify.annotations.NullMarked;
