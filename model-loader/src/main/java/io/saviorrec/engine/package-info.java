/// Runs the archives of a model bundle by DJL's PyTorch engine; no other room knows of it.
///
/// Owns the loaded archives, their tensors and the ranker's table of item states, all of it native
/// memory that [LoadedModel] frees when it is closed. May use `bundle`, `content`, `contract`,
/// `feature` and the messages.
///
/// The program that uses it brings `pytorch-engine`, `pytorch-jni` and a native library, and its
/// launcher gives the JVM the properties of `server.jvm`, which the engine reads once and which are
/// never set in code.
@NullMarked
package io.saviorrec.engine;

import org.jspecify.annotations.NullMarked;
