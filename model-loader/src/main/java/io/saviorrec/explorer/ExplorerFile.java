package io.saviorrec.explorer;

import com.google.protobuf.InvalidProtocolBufferException;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.Safetensors.DType;
import io.saviorrec.bundle.Safetensors.Tensor;
import io.saviorrec.bundle.TensorSource;
import io.saviorrec.proto.v1.ScoreRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/// A data set as the explorer shows it: titles and pictures of its items, and a feed of each of
/// some users, read in place from a mapped safetensors file, so that it takes no memory of the
/// JVM's.
///
/// Tensors: `item_id i64[N]`, ascending; `user_id i64[U]` and `time i64[U]` (unix seconds), those
/// first that there is most to see of; and columns of bytes, each as `NAME_offsets i64[rows + 1]`
/// and `NAME_bytes u8`: `title`, `category` and `picture` (a path below the folder of pictures) of
/// items, `request` (a `ScoreRequest`) and `clicked` (a byte for each candidate) of users,
/// `pictures` and `data_set` of the file itself.
///
/// Concurrency: like [Safetensors].
public final class ExplorerFile implements AutoCloseable {
  /// Its name in a folder.
  public static final String NAME = "explorer.safetensors";

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int CHUNK_BYTES = 1 << 16;

  /// Texts of one item.
  ///
  /// @param picture path of the picture below the folder of pictures; empty: it has none
  public record Item(long id, String title, String category, String picture) {}

  /// A user with the feed that is shown of it.
  ///
  /// @param time when the feed begins, unix seconds
  /// @param request the user, its clicks before that time, and what it was shown from then on
  /// @param clicked which of the candidates the log says it clicked
  public record Feed(long userId, long time, ScoreRequest request, List<Boolean> clicked) {
    public Feed {
      clicked = List.copyOf(clicked);
    }
  }

  /// Rows of bytes of different lengths.
  private record Column(MemorySegment offsets, MemorySegment bytes) {
    byte[] row(int row) {
      long from = offsets.getAtIndex(LONG, row);
      long to = offsets.getAtIndex(LONG, row + 1L);
      if (from < 0 || to < from || to > bytes.byteSize()) {
        throw new BundleException(NAME + ": an offset leads outside the file");
      }
      return bytes.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE);
    }

    String text(int row) {
      return new String(row(row), StandardCharsets.UTF_8);
    }
  }

  private final Path path;
  private final Safetensors file;
  private final MemorySegment itemIds;
  private final MemorySegment userIds;
  private final MemorySegment times;
  private final int items;
  private final int users;
  private final Column titles;
  private final Column categories;
  private final Column pictures;
  private final Column requests;
  private final Column clicked;
  private final String pictureFolder;
  private final String dataSet;

  private ExplorerFile(Path path, Safetensors file) {
    this.path = path;
    this.file = file;
    this.itemIds = file.require("item_id", DType.I64, 1).data();
    this.userIds = file.require("user_id", DType.I64, 1).data();
    this.times = file.require("time", DType.I64, 1).data();
    this.items = Math.toIntExact(itemIds.byteSize() / Long.BYTES);
    this.users = Math.toIntExact(userIds.byteSize() / Long.BYTES);
    this.titles = column("title", items);
    this.categories = column("category", items);
    this.pictures = column("picture", items);
    this.requests = column("request", users);
    this.clicked = column("clicked", users);
    this.pictureFolder = column("pictures", 1).text(0);
    this.dataSet = column("data_set", 1).text(0);
    if (times.byteSize() != userIds.byteSize()) {
      throw new BundleException(path + ": users and times are not as many");
    }
    for (int row = 1; row < items; row++) {
      if (itemId(row) <= itemId(row - 1)) {
        throw new BundleException(path + ": item ids do not ascend");
      }
    }
  }

  private Column column(String name, int rows) {
    Tensor offsets = file.require(name + "_offsets", DType.I64, 1);
    if (offsets.shape().getFirst() != rows + 1L) {
      throw new BundleException(
          "%s: tensor '%s_offsets' does not have %d elements".formatted(path, name, rows + 1L));
    }
    return new Column(offsets.data(), file.require(name + "_bytes", DType.U8, 1).data());
  }

  /// Maps the file of a folder.
  ///
  /// @throws BundleException when it is missing or malformed
  public static ExplorerFile open(Path folder) {
    Path path = folder.resolve(NAME);
    Safetensors file = Safetensors.open(path);
    try {
      return new ExplorerFile(path, file);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /// Writes the file of a folder, in whole or not at all.
  ///
  /// @param dataSet its name
  /// @param pictures the folder that pictures' paths begin at
  /// @param size how many items there are
  /// @param item each, by ascending ids; asked for several times
  /// @throws IOException when it cannot be written
  public static void write(
      Path folder,
      String dataSet,
      Path pictures,
      int size,
      IntFunction<Item> item,
      List<Feed> feeds)
      throws IOException {
    Files.createDirectories(folder);
    Map<String, TensorSource> tensors = new HashMap<>();
    long[] ids = new long[size];
    for (int i = 0; i < size; i++) {
      ids[i] = item.apply(i).id();
    }
    tensors.put("item_id", TensorSource.of(ids, size));
    put(tensors, "title", size, i -> utf8(item.apply(i).title()));
    put(tensors, "category", size, i -> utf8(item.apply(i).category()));
    put(tensors, "picture", size, i -> utf8(item.apply(i).picture()));
    tensors.put(
        "user_id", TensorSource.of(feeds.stream().mapToLong(Feed::userId).toArray(), feeds.size()));
    tensors.put(
        "time", TensorSource.of(feeds.stream().mapToLong(Feed::time).toArray(), feeds.size()));
    put(tensors, "request", feeds.size(), i -> feeds.get(i).request().toByteArray());
    put(tensors, "clicked", feeds.size(), i -> bytes(feeds.get(i).clicked()));
    put(tensors, "data_set", 1, i -> utf8(dataSet));
    Path from = folder.toRealPath();
    // Relative, so that both may be moved, or mounted elsewhere, together.
    put(tensors, "pictures", 1, i -> utf8(from.relativize(pictures).toString()));
    Path whole = folder.resolve(NAME);
    Path part = Files.createTempFile(folder, NAME, ".part");
    try {
      Safetensors.write(part, tensors);
      Files.move(part, whole, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static void put(
      Map<String, TensorSource> tensors, String name, int rows, IntFunction<byte[]> row) {
    long[] offsets = new long[rows + 1];
    for (int i = 0; i < rows; i++) {
      offsets[i + 1] = offsets[i] + row.apply(i).length;
    }
    tensors.put(name + "_offsets", TensorSource.of(offsets, rows + 1L));
    tensors.put(
        name + "_bytes",
        new TensorSource(
            DType.U8,
            new long[] {offsets[rows]},
            channel -> {
              ByteArrayOutputStream chunk = new ByteArrayOutputStream(CHUNK_BYTES);
              for (int i = 0; i <= rows; i++) {
                if (i < rows) {
                  chunk.writeBytes(row.apply(i));
                }
                if (i == rows || chunk.size() >= CHUNK_BYTES) {
                  ByteBuffer full = ByteBuffer.wrap(chunk.toByteArray());
                  while (full.hasRemaining()) {
                    channel.write(full);
                  }
                  chunk.reset();
                }
              }
            }));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] bytes(List<Boolean> flags) {
    byte[] bytes = new byte[flags.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (flags.get(i) ? 1 : 0);
    }
    return bytes;
  }

  /// Name of the data set.
  public String dataSet() {
    return dataSet;
  }

  /// The folder that pictures' paths begin at.
  public Path pictureFolder() {
    Path folder = path.toAbsolutePath().getParent();
    return (folder == null ? path : folder).resolve(pictureFolder).normalize();
  }

  public int items() {
    return items;
  }

  public int users() {
    return users;
  }

  public long itemId(int row) {
    return itemIds.getAtIndex(LONG, row);
  }

  /// The row of an item, or -1.
  public int find(long itemId) {
    int low = 0;
    int high = items - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = Long.compare(itemId(middle), itemId);
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

  public String title(int row) {
    return titles.text(row);
  }

  public String category(int row) {
    return categories.text(row);
  }

  /// Path of the item's picture below [#pictureFolder]; empty: it has none.
  public String picture(int row) {
    return pictures.text(row);
  }

  public long userId(int row) {
    return userIds.getAtIndex(LONG, row);
  }

  /// The row of a user, or -1.
  public int findUser(long userId) {
    for (int row = 0; row < users; row++) {
      if (userId(row) == userId) {
        return row;
      }
    }
    return -1;
  }

  /// All that is known of a user's feed.
  ///
  /// @throws BundleException when the file was changed
  public Feed feed(int row) {
    try {
      byte[] flags = clicked.row(row);
      List<Boolean> clicks = new ArrayList<>(flags.length);
      for (byte flag : flags) {
        clicks.add(flag != 0);
      }
      return new Feed(
          userId(row),
          times.getAtIndex(LONG, row),
          ScoreRequest.parseFrom(requests.row(row)),
          clicks);
    } catch (InvalidProtocolBufferException e) {
      throw new BundleException(path + ": the request of a user cannot be read", e);
    }
  }

  /// Unmaps the file.
  @Override
  public void close() {
    file.close();
  }
}
