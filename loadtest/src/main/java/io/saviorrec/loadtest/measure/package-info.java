/// What servers can take: one load measured, the most that meets an objective, and two servers side
/// by side.
///
/// Owns what counts as measured and what meets an objective. May use `generator` and `requests`,
/// and calls items by the client.
@NullMarked
package io.saviorrec.loadtest.measure;

import org.jspecify.annotations.NullMarked;
