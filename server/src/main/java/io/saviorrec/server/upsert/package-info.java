/// Items that arrive after training, on their way in: checked, encoded, stored.
///
/// Owns what an item may look like and the batches that encoders take. May use `registry` and
/// `engine` for the live models' encoders, `store`, `admission`, `batching`, `metrics`, `config`,
/// `request` and `model-loader`.
@NullMarked
package io.saviorrec.server.upsert;

import org.jspecify.annotations.NullMarked;
