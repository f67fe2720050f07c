package io.saviorrec.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FloatRowsTest {
  @TempDir private Path folder;

  @Test
  void whatIsWrittenRowByRowIsRead() {
    Path file = folder.resolve("z.safetensors");
    FloatRows.write(
        file,
        "z",
        3,
        2,
        rows -> {
          rows.add(new float[] {1, 2});
          rows.add(new float[] {3, 4, 5, 6});
        });
    try (FloatRows rows = FloatRows.open(file, "z")) {
      assertThat(rows.rows()).isEqualTo(3);
      assertThat(rows.width()).isEqualTo(2);
      float[] out = new float[5];
      rows.copy(1, 2, out, 1);
      assertThat(out).containsExactly(0, 3, 4, 5, 6);
    }
  }

  @Test
  void chunksLargerThanTheBufferArriveWhole() {
    Path file = folder.resolve("z.safetensors");
    float[] many = new float[40_000];
    for (int i = 0; i < many.length; i++) {
      many[i] = i;
    }
    FloatRows.write(file, "z", 4, 10_000, rows -> rows.add(many));
    try (FloatRows rows = FloatRows.open(file, "z")) {
      float[] out = new float[many.length];
      rows.copy(0, 4, out, 0);
      assertThat(out).isEqualTo(many);
    }
  }

  @Test
  void refusesFewerRowsThanPromised() {
    assertThatThrownBy(
            () ->
                FloatRows.write(
                    folder.resolve("z.safetensors"), "z", 2, 2, rows -> rows.add(new float[2])))
        .hasMessageContaining("wrote 8 bytes");
  }

  @Test
  void rowsInMemoryAreCopies() {
    float[] values = {1, 2, 3, 4};
    FloatRows rows = FloatRows.of(values, 2);
    values[2] = 9;
    rows.put(0, new float[] {7, 8}, 0);
    float[] out = new float[4];
    rows.copy(0, 2, out, 0);
    assertThat(out).containsExactly(7, 8, 3, 4);
  }

  /// More elements than an array can have, in a file with holes that takes hardly any room.
  @Test
  void holdsMoreElementsThanAnArray() throws IOException {
    int rowCount = 34_000_000;
    long bytes = rowCount * 64L * Float.BYTES;
    String header =
        "{\"z\":{\"dtype\":\"F32\",\"shape\":[%d,64],\"data_offsets\":[0,%d]}}"
            .formatted(rowCount, bytes);
    Path file = folder.resolve("z.safetensors");
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      out.write(length.putLong(header.length()).array());
      out.write(header.getBytes(StandardCharsets.UTF_8));
      out.setLength(8 + header.length() + bytes);
      out.seek(8 + header.length() + bytes - 4);
      out.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(5).array());
    }
    try (FloatRows rows = FloatRows.open(file, "z")) {
      float[] last = new float[64];
      rows.copy(rowCount - 1, last, 0);
      assertThat(last[63]).isEqualTo(5);
      assertThat(last[62]).isZero();
    }
  }
}
