/// A thin layer over JavaCPP's PyTorch: script modules from source text, and arrays to tensors.
@NullMarked
package io.saviorrec.trainer.torch;

import org.jspecify.annotations.NullMarked;
