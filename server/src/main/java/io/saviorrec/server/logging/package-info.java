/// What the process says: one log as text or JSON, with what repeats kept back.
///
/// Owns the configuration of Logback and the bridge from java.util.logging. May use `config` and
/// `metrics`, which count what is logged; everybody logs by SLF4J.
@NullMarked
package io.saviorrec.server.logging;

import org.jspecify.annotations.NullMarked;
