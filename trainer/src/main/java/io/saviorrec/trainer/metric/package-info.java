/// Measures of ranking, calibration and retrieval.
@NullMarked
package io.saviorrec.trainer.metric;

import org.jspecify.annotations.NullMarked;
