/// A call and its errors, free of any transport.
///
/// Owns the reasons for which a request can fail, and no state. May use nothing of the project.
@NullMarked
package io.saviorrec.server.request;

import org.jspecify.annotations.NullMarked;
