package io.saviorrec.server.states;

import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.store.ItemRepresentation;

/// All that a model needs to compute an item's state.
///
/// @param source TRAINED or ENCODED
/// @param stats `[S]`, raw values
/// @param features `[F]`, rows of the item columns
/// @param representation z and codes
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record KnownItem(
    ScoreSource source, float[] stats, long[] features, ItemRepresentation representation) {}
