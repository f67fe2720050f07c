/// From trained modules to a bundle that a server can trust.
///
/// Owns the making of a version's files: archives, item table and golden requests, which it scores
/// with the archives as they lie on disk. May use `encoder`, `ranker`, `fallback`, `torch`, `data`,
/// `data.log` and `model-loader`.
@NullMarked
package io.saviorrec.trainer.export;

import org.jspecify.annotations.NullMarked;
