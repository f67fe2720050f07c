package io.saviorrec.server.proof;

/// What a server process holds at one moment, after a garbage collection.
///
/// @param heapBytes of live objects
/// @param directBytes outside the heap by the JVM's own count, which Netty's buffers are part of
/// @param rssBytes of memory that the process has in all; libtorch's and RocksDB's are part of it
record ProcessFacts(long heapBytes, long directBytes, long rssBytes, int threads, int openFiles) {
  @Override
  public String toString() {
    return "heap %.1f MB, direct %.1f MB, RSS %.1f MB, %d threads, %d open files"
        .formatted(
            megabytes(heapBytes), megabytes(directBytes), megabytes(rssBytes), threads, openFiles);
  }

  static double megabytes(long bytes) {
    return bytes / 1e6;
  }
}
