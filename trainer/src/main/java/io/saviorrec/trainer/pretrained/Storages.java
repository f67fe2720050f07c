package io.saviorrec.trainer.pretrained;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.pretrained.StateDictPickle.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// The numbers that the tensors of a PyTorch file are views of.
sealed interface Storages extends AutoCloseable {

  /// All bytes of a storage.
  MemorySegment bytes(Storage storage) throws IOException;

  @Override
  void close() throws IOException;

  /// One entry of a zip archive for each storage.
  record InZip(Path file, ZipFile zip, String folder) implements Storages {
    @Override
    public MemorySegment bytes(Storage storage) throws IOException {
      ZipEntry entry = zip.getEntry(folder + storage.key());
      long bytes = Math.multiplyExact(storage.elements(), storage.type().bytes());
      if (entry == null || entry.getSize() != bytes || bytes > Integer.MAX_VALUE) {
        throw damaged(file, storage);
      }
      try (InputStream in = zip.getInputStream(entry)) {
        byte[] content = in.readNBytes((int) bytes);
        if (content.length < bytes) {
          throw damaged(file, storage);
        }
        return MemorySegment.ofArray(content);
      }
    }

    @Override
    public void close() throws IOException {
      zip.close();
    }
  }

  /// A mapped file in which storages lie one behind the other, each after the number of its
  /// elements.
  record InOrder(Path file, Arena arena, Map<String, MemorySegment> segments) implements Storages {
    private static final ValueLayout.OfLong COUNT =
        ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// @param rest the file from the first storage on
    /// @param keys of the storages in their order
    /// @param known the storages that tensors are views of, by their keys
    static InOrder of(
        Path file, Arena arena, MemorySegment rest, List<?> keys, Map<String, Storage> known) {
      Map<String, MemorySegment> segments = new HashMap<>();
      long at = 0;
      for (Object key : keys) {
        Storage storage = known.get(String.valueOf(key));
        if (storage == null) {
          throw new UserError(file + " has numbers that belong to no tensor: it is damaged");
        }
        long bytes = Math.multiplyExact(storage.elements(), storage.type().bytes());
        if (at + Long.BYTES + bytes > rest.byteSize()
            || rest.get(COUNT, at) != storage.elements()) {
          throw damaged(file, storage);
        }
        segments.put(storage.key(), rest.asSlice(at + Long.BYTES, bytes));
        at += Long.BYTES + bytes;
      }
      return new InOrder(file, arena, segments);
    }

    @Override
    public MemorySegment bytes(Storage storage) {
      MemorySegment segment = segments.get(storage.key());
      if (segment == null) {
        throw damaged(file, storage);
      }
      return segment;
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  private static UserError damaged(Path file, Storage storage) {
    return new UserError(
        "%s lacks the %d numbers of storage %s: it is damaged or was not copied whole"
            .formatted(file, storage.elements(), storage.key()));
  }
}
