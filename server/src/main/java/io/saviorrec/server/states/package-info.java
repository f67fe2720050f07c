/// What is computed once and used by many calls: which key's state lies in which slot of an
/// engine's table.
///
/// Owns the slots, the leases that calls hold on them ([SlotTable], which knows nothing of items or
/// users), and the states of a model ([ModelStates]) with what they are computed from
/// ([KnownItems]). May use `store`, `engine`, `request`, Caffeine and `model-loader`.
@NullMarked
package io.saviorrec.server.states;

import org.jspecify.annotations.NullMarked;
