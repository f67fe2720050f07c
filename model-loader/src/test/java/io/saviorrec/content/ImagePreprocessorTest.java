package io.saviorrec.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class ImagePreprocessorTest {

  /// Expected: `numpy.asarray(image.resize((3, 3), Image.BICUBIC))` in Pillow 13.0, planes in
  /// order.
  @Test
  void shrinksLikeThePythonImagingLibrary() {
    assertThat(unsigned(new ImagePreprocessor(3).pixels(png(pattern(7, 5)))))
        .containsExactly(
            56, 121, 136, 166, 132, 139, 169, 163, 99, //
            140, 142, 120, 112, 128, 123, 92, 131, 114, //
            121, 105, 153, 101, 164, 150, 114, 108, 147);
  }

  @Test
  void enlargesLikeThePythonImagingLibrary() {
    assertThat(unsigned(new ImagePreprocessor(4).pixels(png(pattern(2, 3)))))
        .containsExactly(
            0, 5, 25, 36, 30, 42, 68, 81, 80, 96, 130, 146, 115, 134, 172, 191, //
            95, 106, 126, 137, 129, 147, 183, 201, 190, 178, 155, 143, 240, 179, 59, 0, //
            209, 220, 241, 252, 71, 83, 110, 122, 8, 24, 58, 74, 61, 80, 118, 137);
  }

  @Test
  void anImageOfTheRightSizeKeepsItsPixels() {
    BufferedImage image = pattern(8, 8);
    int[] pixels = unsigned(new ImagePreprocessor(8).pixels(png(image)));
    for (int i = 0; i < 64; i++) {
      int rgb = image.getRGB(i % 8, i / 8);
      assertThat(pixels[i]).isEqualTo(rgb >> 16 & 0xff);
      assertThat(pixels[64 + i]).isEqualTo(rgb >> 8 & 0xff);
      assertThat(pixels[128 + i]).isEqualTo(rgb & 0xff);
    }
  }

  @Test
  void readsJpeg() {
    BufferedImage image = new BufferedImage(20, 10, BufferedImage.TYPE_INT_RGB);
    fill(image, 0xff804020);
    int[] pixels = unsigned(new ImagePreprocessor(2).pixels(file(image, "jpeg")));
    assertThat(pixels[0]).isBetween(0x80 - 2, 0x80 + 2);
    assertThat(pixels[4]).isBetween(0x40 - 2, 0x40 + 2);
    assertThat(pixels[8]).isBetween(0x20 - 2, 0x20 + 2);
  }

  @Test
  void grayIsNotBrightened() {
    BufferedImage image = new BufferedImage(3, 3, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < 9; i++) {
      image.getRaster().setSample(i % 3, i / 3, 0, 100);
    }
    assertThat(unsigned(new ImagePreprocessor(1).pixels(png(image))))
        .containsExactly(100, 100, 100);
    BufferedImage deep = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
    deep.getRaster().setSample(0, 0, 0, 0xabcd);
    assertThat(unsigned(new ImagePreprocessor(1).pixels(png(deep))))
        .containsExactly(0xab, 0xab, 0xab);
  }

  @Test
  void bilevelAndPaletteImagesAreRead() {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_BINARY);
    fill(image, 0xffffffff);
    assertThat(unsigned(new ImagePreprocessor(1).pixels(png(image))))
        .containsExactly(255, 255, 255);
    BufferedImage palette = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_INDEXED);
    fill(palette, 0xffff0000);
    assertThat(unsigned(new ImagePreprocessor(1).pixels(png(palette)))).containsExactly(255, 0, 0);
  }

  @Test
  void transparencyIsComposedOnWhite() {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x00102030);
    assertThat(unsigned(new ImagePreprocessor(1).pixels(png(image))))
        .containsExactly(255, 255, 255);
    image.setRGB(0, 0, 0x80000000);
    assertThat(unsigned(new ImagePreprocessor(1).pixels(png(image))))
        .containsExactly(127, 127, 127);
  }

  @Test
  void filesThatAreNotImagesAreRefused() {
    ImagePreprocessor preprocessor = new ImagePreprocessor(4);
    assertThatThrownBy(() -> preprocessor.pixels(new byte[0]))
        .isInstanceOf(ContentException.class)
        .hasMessage("The image file is empty");
    assertThatThrownBy(() -> preprocessor.pixels("hello".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(ContentException.class)
        .hasMessage("The image is neither a JPEG nor a PNG nor a WebP file");
    assertThatThrownBy(() -> preprocessor.pixels(file(pattern(9, 9), "gif")))
        .isInstanceOf(ContentException.class)
        .hasMessage("The image is neither a JPEG nor a PNG nor a WebP file");
  }

  @Test
  void truncatedImagesAreRefusedWhereverTheyEnd() {
    ImagePreprocessor preprocessor = new ImagePreprocessor(4);
    for (String format : new String[] {"png", "jpeg"}) {
      byte[] file = file(pattern(30, 20), format);
      for (int length = 0; length < file.length - 1; length += 7) {
        byte[] cut = Arrays.copyOf(file, length);
        assertThatThrownBy(() -> preprocessor.pixels(cut))
            .as("%s of %d bytes cut to %d", format, file.length, length)
            .isInstanceOf(ContentException.class);
      }
    }
  }

  @Test
  void anAlteredPngIsRefused() {
    byte[] file = png(pattern(30, 20));
    file[file.length / 2] ^= 1;
    assertThatThrownBy(() -> new ImagePreprocessor(4).pixels(file))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("altered");
  }

  @Test
  void anImageOfTooManyPixelsIsRefusedBeforeItIsDecoded() {
    byte[] file = png(pattern(3, 3));
    // The header's chunk: length 4, type 4, then width and height; its checksum follows the data.
    ByteBuffer.wrap(file).putInt(16, 100_000).putInt(20, 100_000);
    CRC32 crc = new CRC32();
    crc.update(file, 12, 17);
    ByteBuffer.wrap(file).putInt(29, (int) crc.getValue());
    assertThatThrownBy(() -> new ImagePreprocessor(4).pixels(file))
        .isInstanceOf(ContentException.class)
        .hasMessageStartingWith(
            "The image has 100000 × 100000 pixels, more than the limit of 16384 a side");
  }

  static byte[] png(BufferedImage image) {
    return file(image, "png");
  }

  private static BufferedImage pattern(int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int rgb = 0;
        for (int c = 0; c < 3; c++) {
          rgb = rgb << 8 | (x * 37 + y * 59 + c * 101 + x * y * 13) % 256;
        }
        image.setRGB(x, y, rgb);
      }
    }
    return image;
  }

  private static void fill(BufferedImage image, int argb) {
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        image.setRGB(x, y, argb);
      }
    }
  }

  private static byte[] file(BufferedImage image, String format) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      assertThat(ImageIO.write(image, format, out)).isTrue();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  private static int[] unsigned(byte[] bytes) {
    int[] values = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = bytes[i] & 0xff;
    }
    return values;
  }
}
