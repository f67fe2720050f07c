package io.saviorrec.server.routing;

/// Where a request goes.
///
/// @param model the model's name
/// @param bucket the bucket that decided it; empty when something else did
public record Route(String model, String bucket) {}
