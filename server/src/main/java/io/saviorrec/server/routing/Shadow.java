package io.saviorrec.server.routing;

/// A version that scores a share of the requests too, for nobody.
public record Shadow(Route route, double share) {}
