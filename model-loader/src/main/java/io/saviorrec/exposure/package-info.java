/// The exposure log on disk: what was scored for whom, as the server writes it and the trainer
/// reads it.
///
/// Owns the format of its files. Uses no other room.
@NullMarked
package io.saviorrec.exposure;

import org.jspecify.annotations.NullMarked;
