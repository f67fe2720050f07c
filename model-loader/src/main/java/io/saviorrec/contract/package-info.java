/// The ranker's contract: what `ranker.pt` promises, and how a request becomes its inputs.
///
/// Trainer, golden replay and server go through these classes, so that nothing about the order,
/// shape or meaning of a tensor stands anywhere else. Owns no state. May use `bundle`, `feature`
/// and the messages; knows no engine: whoever runs an archive gives an [ArchiveSession].
@NullMarked
package io.saviorrec.contract;

import org.jspecify.annotations.NullMarked;
