package io.saviorrec.engine;

/// What the encoder and the quantizer make of items.
///
/// @param z multimodal embeddings `[B · D]`, each of length 1
/// @param codes semantic IDs `[B · L]`, each in `[0, K)`
public record Representations(float[] z, int[] codes) {}
