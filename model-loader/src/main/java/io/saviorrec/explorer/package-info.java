/// The explorer's file: what a page for people shows of a data set, as the trainer writes it and
/// the server reads it.
///
/// Owns the format of the file and the memory that it is mapped into. May use `bundle` and the
/// messages.
@NullMarked
package io.saviorrec.explorer;

import org.jspecify.annotations.NullMarked;
