package io.saviorrec.server.states;

/// A slot while it belongs to one key: what the cache that bounds a table holds.
///
/// It is only itself, and has the hash of its key, so that the cache knows how often a key was
/// asked for that it dropped.
final class Entry {
  final int slot;
  final int hash;
  final Loading loading;

  /// Whether it can be found by its key; written under the table's lock.
  volatile boolean linked;

  Entry(int slot, int hash, Loading loading) {
    this.slot = slot;
    this.hash = hash;
    this.loading = loading;
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }
}
