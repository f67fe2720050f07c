package io.saviorrec.server.items;

/// What an encoder and its quantiser make of an item's content.
///
/// @param z `[D]`
/// @param codes `[L]`, coarse to fine
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record Representation(float[] z, int[] codes) {}
