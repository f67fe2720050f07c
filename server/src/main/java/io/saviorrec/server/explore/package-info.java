/// The explorer: pages for people who want to see what the models do with a data set.
///
/// Owns the explorer's file and what its pages say. Scores, looks up and sends items as any caller
/// does, on threads of the admin port. May use `admin`, `access`, `scoring`, `upsert`, `registry`,
/// `states`, `store`, `routing`, `config`, `request` and `model-loader`.
@NullMarked
package io.saviorrec.server.explore;

import org.jspecify.annotations.NullMarked;
