/// What is measured: the meters of requests, models and upserts, in groups that come and go
/// together.
///
/// Owns the names of the meters and the meters themselves. May use Micrometer, the messages for the
/// names of sources, and `request` for calls, their stages and traces; who counts hands its numbers
/// over.
@NullMarked
package io.saviorrec.server.metrics;

import org.jspecify.annotations.NullMarked;
