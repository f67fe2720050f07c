package io.saviorrec.server.admin;

/// One model version as the status page shows it.
///
/// @param trainedItems items in the bundle's item table
/// @param cachedStates item states that are computed
public record ModelStatus(
    String model,
    long version,
    String variant,
    String dataSet,
    String createdAt,
    long trainedItems,
    long cachedStates) {}
