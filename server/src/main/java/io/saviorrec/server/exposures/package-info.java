/// What was scored for whom: kept on disk for experiments and for training.
///
/// Owns the folder of exposure files and the thread that writes them. May use `scoring`, which
/// tells it of each request's end, `routing`, which says whom a request is for, `config` and
/// `metrics`.
@NullMarked
package io.saviorrec.server.exposures;

import org.jspecify.annotations.NullMarked;
