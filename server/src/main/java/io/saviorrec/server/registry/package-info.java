/// What is live: the models that answer, their versions, labels and routes, as one snapshot that is
/// replaced as a whole.
///
/// Owns the models' memory: [Registry] says which snapshot is current, a [ModelHandle] keeps a
/// model open for one call, [LiveModel] frees it when nobody holds it any more, and [Reloader]
/// alone changes what is live. May use `states`, `store`, `engine`, `routing`, `admission`,
/// `batching` for threads, `metrics`, `config`, `request` and `model-loader`.
@NullMarked
package io.saviorrec.server.registry;

import org.jspecify.annotations.NullMarked;
