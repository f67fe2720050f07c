/// A thin layer over JavaCPP's PyTorch: script modules from source text, arrays to tensors,
/// archives to files.
///
/// Owns native memory, each piece until its scope or module is closed, and the number of threads of
/// an operation, which is one for the whole process. May use `console` and, of `model-loader`,
/// `contract`, whose [io.saviorrec.contract.ArchiveSession] it implements; knows no network.
@NullMarked
package io.saviorrec.trainer.torch;

import org.jspecify.annotations.NullMarked;
