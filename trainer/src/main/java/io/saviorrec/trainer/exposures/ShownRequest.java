package io.saviorrec.trainer.exposures;

import io.saviorrec.exposure.Exposure;

/// A request with what its user saw and clicked.
///
/// @param shown of each candidate: whether it was
/// @param clicked of each candidate: whether it was, which only what was shown can be
public record ShownRequest(Exposure exposure, boolean[] shown, boolean[] clicked) {}
