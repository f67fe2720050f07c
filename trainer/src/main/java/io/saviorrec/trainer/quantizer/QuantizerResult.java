package io.saviorrec.trainer.quantizer;

/// What training the RQ-VAE gave, besides the archive on disk.
///
/// @param codes `[items, levels]` row by row, from the very archive that was saved
/// @param codebook `[levels, codebookSize, codeDim]`
/// @param levels codes of an item
/// @param quality how well the codes stand for z, over all items
@SuppressWarnings("ArrayRecordComponent") // plain columns, never compared
public record QuantizerResult(int[] codes, float[] codebook, int levels, CodeQuality quality) {}
