/// What a trained bundle is worth on held-out impressions.
@NullMarked
package io.saviorrec.trainer.evaluate;

import org.jspecify.annotations.NullMarked;
