/// The RQ-VAE: from an item's vector z to its semantic ID, one code a level.
@NullMarked
package io.saviorrec.trainer.quantizer;

import org.jspecify.annotations.NullMarked;
