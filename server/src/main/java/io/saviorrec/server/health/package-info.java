/// Whether the server should get traffic, and why not.
///
/// Owns the phase of the server, what has failed, and the rule that makes readiness of them. May
/// use `request` for what a failure is; what has failed is told to it.
@NullMarked
package io.saviorrec.server.health;

import org.jspecify.annotations.NullMarked;
