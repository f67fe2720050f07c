/// What the command lines of both programs say alike: their version and what is wrong in a usage.
///
/// Owns no state. May use picocli and nothing of the project.
@NullMarked
package io.saviorrec.command;

import org.jspecify.annotations.NullMarked;
