/// SaviorEnc: from an item's picture and words to its vector z (stages 0 and 1).
@NullMarked
package io.saviorrec.trainer.encoder;

import org.jspecify.annotations.NullMarked;
