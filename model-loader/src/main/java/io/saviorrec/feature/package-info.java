/// Feature columns: the schema of a model's profile, context and item columns, and how their values
/// become rows of an embedding table, in the trainer as in the server.
///
/// Owns the meaning of a row, which the hash and the boundaries of the schema fix, and no state.
/// May use the messages alone.
@NullMarked
package io.saviorrec.feature;

import org.jspecify.annotations.NullMarked;
