/// Runs one loaded model.
///
/// Owns the interface of a model's computations, which tests replace, and through it the native
/// memory of the model. May use `model-loader`'s engine, which no other room of the server runs,
/// and `config` for its errors.
@NullMarked
package io.saviorrec.server.engine;

import org.jspecify.annotations.NullMarked;
