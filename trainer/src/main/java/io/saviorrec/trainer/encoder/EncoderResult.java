package io.saviorrec.trainer.encoder;

import java.nio.file.Path;
import java.util.List;

/// What training SaviorEnc gave, besides the archive and the tokenizer on disk.
///
/// @param z the file with a row of z for every item, from the very archive that was saved: centred,
///   unit length
/// @param alignLoss mean loss over the last tenth of stage 1, nats; NaN without that stage
/// @param recallBefore share of co-clicked items among the 30 nearest before stage 1; NaN without
///   that stage or without pairs
/// @param recallAfter the same at the end
/// @param unreadableImages what was wrong with each picture that could not be read
public record EncoderResult(
    Path z,
    double alignLoss,
    double recallBefore,
    double recallAfter,
    List<String> unreadableImages) {
  /// The name of the file, and of the tensor in it.
  public static final String FILE = "z.safetensors";

  public static final String TENSOR = "z";
}
