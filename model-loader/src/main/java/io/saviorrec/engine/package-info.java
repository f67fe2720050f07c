/// Runs the archives of a model bundle by DJL's PyTorch engine; no other package knows of DJL.
///
/// The program that uses it brings `pytorch-engine`, `pytorch-jni` and a native library, and its
/// launcher gives the JVM these properties, which the engine reads once and which are never set in
/// code:
///
/// | property | why |
/// |---|---|
/// | `-Dai.djl.pytorch.graph_optimizer=false` | otherwise each thread recompiles for each new shape, with stalls of seconds |
/// | `-Dai.djl.offline=true` | no downloads and no calls home at start (`OPT_OUT_TRACKING=true` alone stops the latter) |
/// | `-Dai.djl.pytorch.num_threads=N` | threads within one forward; default: all cores, which is slow with several workers |
/// | `-Dai.djl.pytorch.num_interop_threads=1` | nothing here runs branches in parallel |
/// | `--enable-native-access=ALL-UNNAMED` | native libraries without warnings |
///
/// `DJL_CACHE_DIR` names a writable folder for the unpacked native libraries (`~/.djl.ai`).
@NullMarked
package io.saviorrec.engine;

import org.jspecify.annotations.NullMarked;
