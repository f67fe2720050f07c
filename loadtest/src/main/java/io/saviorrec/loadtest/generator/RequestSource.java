package io.saviorrec.loadtest.generator;

/// Requests as they go over the wire, so that a generator spends next to nothing on making them.
///
/// Called from many threads at once.
@FunctionalInterface
public interface RequestSource {
  /// The next request, which the caller may keep.
  byte[] next();
}
