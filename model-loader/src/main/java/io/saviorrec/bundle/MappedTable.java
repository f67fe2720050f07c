package io.saviorrec.bundle;

/// A table of a bundle that is read in place from a mapped file.
sealed interface MappedTable extends AutoCloseable permits ItemTable, TasteTable {
  /// Unmaps the file.
  @Override
  void close();
}
