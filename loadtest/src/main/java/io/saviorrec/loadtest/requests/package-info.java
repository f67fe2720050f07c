/// Recorded requests: their files, and the forms in which they go over the wire.
///
/// Owns the format of a requests file, which is that of a server's captures, and how a scoring
/// request is said to each kind of server. May use the messages (`proto`) alone; it calls nobody.
@NullMarked
package io.saviorrec.loadtest.requests;

import org.jspecify.annotations.NullMarked;
