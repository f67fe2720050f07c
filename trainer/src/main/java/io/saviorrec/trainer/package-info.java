/// The trainer. It has no class of its own: every class lies in a room below, and `cli` has the
/// program's entry.
@NullMarked
package io.saviorrec.trainer;

import org.jspecify.annotations.NullMarked;
