/// Checkpoints that others published: the weights, the shape and the vocabulary of a CN-CLIP or a
/// BERT, read from the files of Hugging Face and of PyTorch.
///
/// Owns the open files of a checkpoint, and what such files may hold. Runs nothing of what stands
/// in them. May use `console` and, of `model-loader`, `bundle`; knows no network of this program.
@NullMarked
package io.saviorrec.trainer.pretrained;

import org.jspecify.annotations.NullMarked;
