/// Which version of which model answers a request.
///
/// Owns labels, buckets, the traffic split and what is scored for nobody, which never change once
/// made. May use `config` and `request`; it decides by names, without knowing a loaded model.
@NullMarked
package io.saviorrec.server.routing;

import org.jspecify.annotations.NullMarked;
