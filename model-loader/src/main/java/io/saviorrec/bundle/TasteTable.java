package io.saviorrec.bundle;

import io.saviorrec.bundle.Safetensors.DType;
import io.saviorrec.bundle.Safetensors.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The taste profiles of users, read in place from a mapped safetensors file.
///
/// Rows are sorted by user id. Tensors: `user_id i64[N]`, `taste f32[N, W]`: 8 + 4 W bytes a user.
///
/// Concurrency: like [Safetensors].
public final class TasteTable implements MappedTable {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Safetensors file;
  private final int size;
  private final int width;
  private final MemorySegment userIds;
  private final MemorySegment tastes;

  /// Gives the profiles of a table that is written.
  @FunctionalInterface
  public interface Profiles {
    /// Writes the profile of a user to `out[0 .. W)`.
    void put(long userId, float[] out);
  }

  private TasteTable(Path path, Safetensors file) {
    this.file = file;
    Tensor ids = file.require("user_id", DType.I64, 1);
    Tensor vectors = file.require("taste", DType.F32, 2);
    long rows = ids.shape().get(0);
    long columns = vectors.shape().get(1);
    if (rows > Integer.MAX_VALUE - 1 || vectors.shape().get(0) != rows || columns < 1) {
      throw new BundleException(
          "%s: tensor 'taste' has shape %s but there are %d users"
              .formatted(path, vectors.shape(), rows));
    }
    this.size = (int) rows;
    this.width = Math.toIntExact(columns);
    this.userIds = ids.data();
    this.tastes = vectors.data();
    for (int row = 1; row < size; row++) {
      if (userId(row) <= userId(row - 1)) {
        throw new BundleException(
            "%s: user ids must ascend but %d is followed by %d"
                .formatted(path, userId(row - 1), userId(row)));
      }
    }
  }

  /// Maps a table.
  ///
  /// @throws BundleException when it is missing, truncated or malformed
  public static TasteTable open(Path path) {
    return open(path, null);
  }

  /// Maps a table and verifies it before anything of it is believed.
  ///
  /// @param verifier is given the SHA-256 of the file; null: not asked for
  static TasteTable open(Path path, @Nullable Consumer<String> verifier) {
    Safetensors file = Safetensors.open(path, verifier);
    try {
      return new TasteTable(path, file);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /// Writes a table.
  ///
  /// @param userIds ascending
  /// @param width W
  public static void write(Path path, long[] userIds, int width, Profiles profiles) {
    for (int i = 1; i < userIds.length; i++) {
      if (userIds[i] <= userIds[i - 1]) {
        throw new IllegalArgumentException(
            "User ids must ascend but %d is followed by %d".formatted(userIds[i - 1], userIds[i]));
      }
    }
    TensorSource.Content content =
        channel -> {
          float[] profile = new float[width];
          ByteBuffer row = ByteBuffer.allocate(width * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
          for (long user : userIds) {
            profiles.put(user, profile);
            row.clear().asFloatBuffer().put(profile);
            TensorSource.writeAll(channel, row);
          }
        };
    Safetensors.write(
        path,
        Map.of(
            "user_id",
            TensorSource.of(userIds, userIds.length),
            "taste",
            new TensorSource(DType.F32, new long[] {userIds.length, width}, content)));
  }

  /// Number of users.
  public int size() {
    return size;
  }

  /// W, numbers of a profile.
  public int width() {
    return width;
  }

  public long userId(int row) {
    return userIds.getAtIndex(LONG, row);
  }

  /// The row of a user, or -1.
  public int find(long userId) {
    int low = 0;
    int high = size - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = Long.compare(userId(middle), userId);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  /// Copies the row's profile to `out[at .. at + W)`.
  public void copy(int row, float[] out, int at) {
    MemorySegment.copy(tastes, FLOAT, (long) row * width * Float.BYTES, out, at, width);
  }

  /// Unmaps the file.
  @Override
  public void close() {
    file.close();
  }
}
