/// What slow and failed requests were: kept on disk for a replay.
///
/// Owns the folder of captures and the thread that writes them. May use `scoring`, which tells it
/// of each request's end, `config`, `metrics`, `request` and the messages.
@NullMarked
package io.saviorrec.server.capture;

import org.jspecify.annotations.NullMarked;
