package io.saviorrec.content;

/// Token ids of a batch of texts, all padded to one width.
///
/// @param rows texts
/// @param width tokens a text
/// @param ids `[rows · width]`, 0 where the mask is false
/// @param mask `[rows · width]`, true where there is a token
public record EncodedText(int rows, int width, long[] ids, boolean[] mask) {}
