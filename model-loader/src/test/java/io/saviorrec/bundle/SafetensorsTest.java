package io.saviorrec.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.bundle.Safetensors.DType;
import io.saviorrec.bundle.Safetensors.Tensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {

  @TempDir Path folder;

  @Test
  void whatIsWrittenIsRead() {
    Path file = folder.resolve("t.safetensors");
    Safetensors.write(
        file,
        Map.of(
            "bytes", TensorSource.of(new byte[] {1, -1, 3}, 3),
            "floats", TensorSource.of(new float[] {1.5f, -2, 3, 4, 5, 6}, 2, 3),
            "ints", TensorSource.of(new int[] {7, -8}, 2),
            "longs", TensorSource.of(new long[] {1L << 40}, 1, 1),
            "none", TensorSource.of(new float[0], 0, 4)));
    try (Safetensors tensors = Safetensors.open(file)) {
      assertThat(tensors.tensors()).containsOnlyKeys("bytes", "floats", "ints", "longs", "none");
      Tensor floats = tensors.require("floats", DType.F32, 2);
      assertThat(floats.shape()).containsExactly(2L, 3L);
      assertThat(floats.data().toArray(ValueLayout.JAVA_FLOAT))
          .containsExactly(1.5f, -2, 3, 4, 5, 6);
      assertThat(tensors.require("bytes", DType.U8, 1).data().toArray(ValueLayout.JAVA_BYTE))
          .containsExactly(1, -1, 3);
      assertThat(tensors.require("ints", DType.I32, 1).data().toArray(ValueLayout.JAVA_INT))
          .containsExactly(7, -8);
      assertThat(tensors.require("longs", DType.I64, 2).data().toArray(ValueLayout.JAVA_LONG))
          .containsExactly(1L << 40);
      assertThat(tensors.require("none", DType.F32, 2).data().byteSize()).isZero();
    }
  }

  @Test
  void tensorsLargerThanAChunkAreWrittenWhole() {
    Path file = folder.resolve("large.safetensors");
    float[] values = new float[100_003];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Safetensors.write(file, Map.of("x", TensorSource.of(values, values.length)));
    try (Safetensors tensors = Safetensors.open(file)) {
      assertThat(tensors.require("x", DType.F32, 1).data().toArray(ValueLayout.JAVA_FLOAT))
          .isEqualTo(values);
    }
  }

  @Test
  void aTruncatedFileIsAnErrorWhereverItEnds() throws IOException {
    Path file = folder.resolve("t.safetensors");
    Safetensors.write(file, Map.of("x", TensorSource.of(new float[] {1, 2, 3}, 3)));
    byte[] bytes = Files.readAllBytes(file);
    for (int length = 0; length < bytes.length; length++) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> Safetensors.open(file))
          .as("cut to %d of %d bytes", length, bytes.length)
          .isInstanceOf(BundleException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("truncated");
    }
  }

  @Test
  void aMissingFileIsAnError() {
    assertThatThrownBy(() -> Safetensors.open(folder.resolve("absent")))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("absent cannot be read");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "not json | malformed header",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[1]}} | bad header",
        "{\"x\":{\"dtype\":\"F8\",\"shape\":[4],\"data_offsets\":[0,4]}} | bad header: element type F8 is none of [F32, F16, BF16,",
        "{\"x\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[0,4]}} | do not fit the shape",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | do not fit the shape",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}} | Negative shape",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}} | tensors end at byte 2",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[1,4]}} | hole at byte 0",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[-4,4]}} | not within the 4 bytes",
        "{\"x\":{\"dtype\":\"I64\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}} | bad header",
      })
  void malformedHeadersAreErrors(String header, String message) throws IOException {
    Path file = folder.resolve("t.safetensors");
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + 4)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .put(json);
    Files.write(file, bytes.array());
    assertThatThrownBy(() -> Safetensors.open(file))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aTensorOfAnotherTypeOrShapeIsAnError() {
    Path file = folder.resolve("t.safetensors");
    Safetensors.write(file, Map.of("x", TensorSource.of(new float[] {1, 2}, 2)));
    try (Safetensors tensors = Safetensors.open(file)) {
      assertThatThrownBy(() -> tensors.require("x", DType.I64, 1))
          .hasMessageContaining("tensor 'x' must be I64 of 1 dimensions but is F32 of shape [2]");
      assertThatThrownBy(() -> tensors.require("x", DType.F32, 2))
          .isInstanceOf(BundleException.class);
      assertThatThrownBy(() -> tensors.require("y", DType.F32, 1))
          .hasMessageContaining("has no tensor 'y'");
    }
  }

  @Test
  void valuesMustFillTheirShape() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TensorSource.of(new float[] {1, 2, 3}, 2, 2))
        .withMessage("3 values do not fill the shape [2, 2]");
  }
}
