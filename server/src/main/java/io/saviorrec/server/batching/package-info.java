/// When and where admitted work runs: threads and the queues before them.
///
/// Owns the threads and the queues. May use `admission`, which decides whether work comes here at
/// all, and `request`; it knows nothing of what runs.
@NullMarked
package io.saviorrec.server.batching;

import org.jspecify.annotations.NullMarked;
