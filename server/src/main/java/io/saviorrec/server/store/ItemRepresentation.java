package io.saviorrec.server.store;

/// What an encoder and its quantizer make of an item's content.
///
/// @param z `[D]`
/// @param codes `[L]`, coarse to fine
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record ItemRepresentation(float[] z, int[] codes) {}
