/// What a training or an experiment came to, as one page for a browser that stands alone.
///
/// Owns no state: reads finished runs, writes HTML. May use `tables`, `evaluate`, `data` and its
/// log, `metric`, `console`, `model-loader` and the frame of the load test's page.
@NullMarked
package io.saviorrec.trainer.report;

import org.jspecify.annotations.NullMarked;
