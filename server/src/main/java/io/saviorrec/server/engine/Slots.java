package io.saviorrec.server.engine;

/// Rows of a model's tables of item and user states, those of the unknown item and of no user
/// included.
public record Slots(int items, int users) {}
