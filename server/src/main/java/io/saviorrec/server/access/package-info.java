/// Who a caller is, and what it may do.
///
/// Owns the server's certificate and the authorities of its clients, the callers' tokens, and the
/// files of both, which it reads again when they change. May use gRPC's key and trust managers,
/// whose content can be replaced, and `config`.
@NullMarked
package io.saviorrec.server.access;

import org.jspecify.annotations.NullMarked;
