package io.saviorrec.server.explore;

import io.saviorrec.explorer.ExplorerFile;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.StoredItem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The pictures of items: that which was sent, else the data set's.
final class Pictures {
  /// A picture file.
  ///
  /// @param type by its first bytes, whatever it is called
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Picture(String type, byte[] bytes) {}

  private final ExplorerFile file;
  private final ItemStore store;
  private final int mostBytes;

  Pictures(ExplorerFile file, ItemStore store, int mostBytes) {
    this.file = file;
    this.store = store;
    this.mostBytes = mostBytes;
  }

  /// Null: there is none, or none that is a JPEG, PNG or WebP file.
  @Nullable Picture find(long itemId) {
    StoredItem sent = store.items(new long[] {itemId}).getFirst();
    byte[] bytes =
        sent != null && !sent.deleted() && sent.imageBytes() > 0
            ? store.image(itemId)
            : ofDataSet(file.find(itemId));
    String type = type(bytes);
    return type == null ? null : new Picture(type, bytes);
  }

  private byte[] ofDataSet(int row) {
    String name = row < 0 ? "" : file.picture(row);
    if (name.isEmpty()) {
      return new byte[0];
    }
    try {
      Path folder = file.pictureFolder().toRealPath();
      Path picture = folder.resolve(name).toRealPath();
      return picture.startsWith(folder)
              && Files.isRegularFile(picture)
              && Files.size(picture) <= mostBytes
          ? Files.readAllBytes(picture)
          : new byte[0];
    } catch (IOException | InvalidPathException e) {
      return new byte[0];
    }
  }

  /// A browser is told what the bytes say and nothing else, and not to guess.
  static @Nullable String type(byte[] bytes) {
    if (startsWith(bytes, 0, 0xFF, 0xD8, 0xFF)) {
      return "image/jpeg";
    }
    if (startsWith(bytes, 0, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n')) {
      return "image/png";
    }
    return startsWith(bytes, 0, 'R', 'I', 'F', 'F') && startsWith(bytes, 8, 'W', 'E', 'B', 'P')
        ? "image/webp"
        : null;
  }

  private static boolean startsWith(byte[] bytes, int at, int... magic) {
    if (bytes.length < at + magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if ((bytes[at + i] & 0xFF) != magic[i]) {
        return false;
      }
    }
    return true;
  }
}
