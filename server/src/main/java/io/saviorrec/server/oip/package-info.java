/// The Open Inference Protocol's tensors as scoring requests, and answers as its tensors.
///
/// Owns nothing: each class is a translation. May use `scoring`, whose answers it translates,
/// `request` and the messages.
@NullMarked
package io.saviorrec.server.oip;

import org.jspecify.annotations.NullMarked;
