/// One request, end to end: route, validate, wait for a thread, find the items, run the model.
///
/// Owns what a request goes through and nothing that outlives it. May use `registry`, `states`,
/// `store`, `engine`, `admission`, `batching`, `health`, `metrics`, `routing`, `config`, `request`
/// and `model-loader`.
@NullMarked
package io.saviorrec.server.scoring;

import org.jspecify.annotations.NullMarked;
