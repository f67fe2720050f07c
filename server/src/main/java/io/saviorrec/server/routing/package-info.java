/// Which model answers a request.
///
/// Owns buckets and traffic split, which never change once made. May use `config` and `request`; it
/// decides by names, without knowing a loaded model.
@NullMarked
package io.saviorrec.server.routing;

import org.jspecify.annotations.NullMarked;
