package io.saviorrec.trainer.encoder;

import java.util.List;

/// What training SaviorEnc gave, besides the archive and the tokenizer on disk.
///
/// @param z `[items, zDim]` row by row, from the very archive that was saved: centred, unit length
/// @param zDim width of z
/// @param alignLoss mean loss over the last tenth of stage 1, nats; NaN without that stage
/// @param recallBefore share of co-clicked items among the 30 nearest before stage 1; NaN without
///   that stage or without pairs
/// @param recallAfter the same at the end
/// @param unreadableImages what was wrong with each picture that could not be read
@SuppressWarnings("ArrayRecordComponent") // a plain column, never compared
public record EncoderResult(
    float[] z,
    int zDim,
    double alignLoss,
    double recallBefore,
    double recallAfter,
    List<String> unreadableImages) {}
