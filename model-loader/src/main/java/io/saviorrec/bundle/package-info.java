/// Model bundles on disk: the layout of a repository, the manifest, the item table, hashes, and the
/// writing of a version so that it is there whole or not at all.
///
/// Owns these files, the memory that they are mapped into until they are closed, and the locks that
/// keep processes out of one another's way. May use `feature`, the names of an item's words of
/// `content`, the messages and Jackson; knows no engine.
@NullMarked
package io.saviorrec.bundle;

import org.jspecify.annotations.NullMarked;
