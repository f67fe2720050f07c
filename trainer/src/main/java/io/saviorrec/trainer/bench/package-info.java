/// `savior bench`: what serving costs, as ratios whose two sides take turns in one run.
///
/// Owns bundles of the paper's size with random weights, the plain exports that they are held
/// against, and the measurements. Servers and bare modules run in processes of their own, by
/// `process`; load comes from the load test's `generator`. May use `ranker`, `encoder`,
/// `quantizer`, `train`, `export`, `torch`, `process`, `console`, that generator, the client's
/// messages and, of `model-loader`, `bundle`, `contract` and `feature`.
@NullMarked
package io.saviorrec.trainer.bench;

import org.jspecify.annotations.NullMarked;
