/// Items that a server does not know: how they are scored, how far that is from their clicks, and
/// what takes it back.
///
/// Owns no state. May use `ranker`, `data.log`, `console` and `model-loader`.
@NullMarked
package io.saviorrec.trainer.fallback;

import org.jspecify.annotations.NullMarked;
