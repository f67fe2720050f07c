/// What an experiment has shown: lift, confidence and whether its buckets are as large as they
/// should be.
///
/// Owns the metrics and their statistics. May use `exposures`, which reads the log, and `console`.
@NullMarked
package io.saviorrec.trainer.experiment;

import org.jspecify.annotations.NullMarked;
