/// Measures of ranking, calibration and retrieval.
///
/// Owns no state: arrays in, figures out. May use nothing of the project.
@NullMarked
package io.saviorrec.trainer.metric;

import org.jspecify.annotations.NullMarked;
