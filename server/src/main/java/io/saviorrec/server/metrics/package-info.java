/// What is measured: the meters of requests, models and upserts, in groups that come and go
/// together.
///
/// Owns Micrometer and the names of the meters. May use nothing of the server; who counts hands its
/// numbers over.
@NullMarked
package io.saviorrec.server.metrics;

import org.jspecify.annotations.NullMarked;
