/// The server's settings: its records, their defaults and limits, and where they are read from.
///
/// Owns the names of the settings and the environment, which no other room reads. May use the
/// binder of `model-loader` and its engine's configuration, whose checks it repeats to the user,
/// and no other room of the server.
@NullMarked
package io.saviorrec.server.config;

import org.jspecify.annotations.NullMarked;
