/// What a trained bundle is worth on held-out impressions.
///
/// Owns no state; opens a bundle's archives for as long as it measures. May use `data` and its
/// rooms, `metric`, `ranker`, `fallback`, `torch`, `console` and `model-loader`. Nobody else may
/// look at the truth behind generated data.
@NullMarked
package io.saviorrec.trainer.evaluate;

import org.jspecify.annotations.NullMarked;
