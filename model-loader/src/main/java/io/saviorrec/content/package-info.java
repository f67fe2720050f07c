/// What an item shows, as tensors' raw material: pictures to pixels and words to token ids, to the
/// bit the same in the trainer and in the server.
///
/// Owns the tokenizer's native memory until it is closed. May use the platform's image decoders,
/// that of TwelveMonkeys for WebP, and DJL's Hugging Face tokenizer, which no other room knows, and
/// the messages.
@NullMarked
package io.saviorrec.content;

import org.jspecify.annotations.NullMarked;
