package io.saviorrec.trainer.data.log;

/// What taste profiles are computed by, beside the log and z: an extension that the paper lacks.
///
/// @param halfLife impressions of a user after which an earlier one counts half
/// @param clickRate prior of an item's smoothed click rate ([ClickRate]), which stands for a
///   `pctr_base` that the log lacks
public record TasteRule(double halfLife, double clickRate) {}
