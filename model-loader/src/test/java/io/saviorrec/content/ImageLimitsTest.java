package io.saviorrec.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ImageLimitsTest {

  private static final ImageLimits SMALL = new ImageLimits(100, 5000, Duration.ofSeconds(5));

  /// The caller's reason for not wanting an image any more.
  private static final class Gone extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @ParameterizedTest
  @CsvSource({"1, 12000000", "12000000, 1", "50000, 1", "1, 50000", "101, 1", "1, 101"})
  void aSideBeyondTheLimitIsRefusedByTheHeader(int width, int height) {
    byte[] file = grayPng(width, height);
    assertThatThrownBy(() -> new ImagePreprocessor(4, SMALL).pixels(file))
        .isInstanceOf(ContentException.class)
        .hasMessage(
            "The image has %d × %d pixels, more than the limit of 100 a side; send a smaller one"
                .formatted(width, height));
  }

  @Test
  void pixelsBeyondTheLimitAreRefusedByTheHeader() {
    assertThatThrownBy(() -> new ImagePreprocessor(4, SMALL).pixels(grayPng(72, 70)))
        .isInstanceOf(ContentException.class)
        .hasMessageStartingWith("The image has 72 × 70 pixels, more than the limit of 5000;");
    assertThat(new ImagePreprocessor(4, SMALL).pixels(grayPng(71, 70))).hasSize(48);
  }

  @ParameterizedTest
  @CsvSource({"1, 65500", "65500, 1", "65500, 300"})
  void extremeShapesDoNotOverflow(int width, int height) {
    ImageLimits wide = new ImageLimits(ImageLimits.LARGEST_SIDE, 20_000_000, Duration.ofMinutes(1));
    assertThat(new ImagePreprocessor(224, wide).pixels(grayPng(width, height)))
        .hasSize(3 * 224 * 224)
        .containsOnly(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpeg", "progressive"})
  void anImageThatCostsTooMuchIsStoppedWhereverItIs(String format) throws IOException {
    byte[] file = file(format, 300);
    int checks = checks(file);
    assertThat(checks).as("checks of 300 rows").isGreaterThan(350);
    for (int after = 1; after < checks; after += 10) {
      ImageLimits limits = new ImageLimits(1000, 1_000_000, Duration.ofNanos(after));
      assertThatThrownBy(() -> new ImagePreprocessor(8, limits, ticking()).pixels(file))
          .isInstanceOf(ContentException.class)
          .hasMessageStartingWith("The image takes more than 0 ms to decode");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpeg", "progressive"})
  void anImageThatNobodyWaitsForIsLeftAtOnce(String format) throws IOException {
    byte[] file = file(format, 300);
    int checks = checks(file);
    for (int after = 1; after < checks; after += 10) {
      AtomicInteger left = new AtomicInteger(after);
      AtomicInteger late = new AtomicInteger();
      assertThatThrownBy(
              () ->
                  new ImagePreprocessor(8)
                      .pixels(
                          file,
                          () -> {
                            if (left.decrementAndGet() <= 0) {
                              late.incrementAndGet();
                              throw new Gone();
                            }
                          }))
          .isInstanceOf(Gone.class);
      assertThat(late).hasValue(1);
    }
  }

  /// Thousands of scans, each of which touches every block of the image with a few bytes.
  @Test
  void aJpegOfManyScansIsCheckedWithinTheFirstOfThem() throws IOException {
    byte[] file = file("progressive", 64);
    int scan = lastScan(file);
    int repeats = 2000;
    int length = file.length - 2 - scan;
    byte[] bomb = new byte[file.length + repeats * length];
    System.arraycopy(file, 0, bomb, 0, file.length - 2);
    for (int i = 0; i < repeats; i++) {
      System.arraycopy(file, scan, bomb, file.length - 2 + i * length, length);
    }
    System.arraycopy(file, file.length - 2, bomb, bomb.length - 2, 2);
    assertThat(checks(bomb) - checks(file)).isGreaterThan(repeats * length / 1024 - 10);
  }

  @Test
  void whateverADecoderThrowsFailsTheImageAlone() {
    LongSupplier broken =
        new LongSupplier() {
          private int calls;

          @Override
          public long getAsLong() {
            if (++calls == 5) {
              throw new AssertionError("a fault of the decoder");
            }
            return 0;
          }
        };
    assertThatThrownBy(
            () -> new ImagePreprocessor(4, ImageLimits.DEFAULT, broken).pixels(grayPng(9, 9)))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("cannot be decoded: a fault of the decoder");
  }

  /// Expected: high bytes, composed on white.
  @Test
  void sixteenBitsWithTransparencyKeepTheirHighBytes() throws IOException {
    BufferedImage image = deep(1);
    image.getRaster().setPixel(0, 0, new int[] {0x12ff, 0x3400, 0xff01, 0xffff});
    assertThat(new ImagePreprocessor(1).pixels(png(image)))
        .containsExactly(0x12, 0x34, (byte) 0xff);
    image.getRaster().setPixel(0, 0, new int[] {0, 0, 0, 0x80ff});
    assertThat(new ImagePreprocessor(1).pixels(png(image))).containsExactly(127, 127, 127);
  }

  @Test
  void aPaletteKeepsItsColoursAndTransparency() throws IOException {
    byte[] red = {0, 100, (byte) 200};
    byte[] green = {10, 110, (byte) 210};
    byte[] blue = {20, 120, (byte) 220};
    byte[] alpha = {(byte) 255, 0, (byte) 255};
    BufferedImage image =
        new BufferedImage(
            3,
            1,
            BufferedImage.TYPE_BYTE_INDEXED,
            new IndexColorModel(8, 3, red, green, blue, alpha));
    for (int x = 0; x < 3; x++) {
      image.getRaster().setSample(x, 0, 0, x);
    }
    byte[] pixels = new ImagePreprocessor(3).pixels(png(image));
    assertThat(new byte[] {pixels[0], pixels[9], pixels[18]}).containsExactly(0, 10, 20);
    assertThat(new byte[] {pixels[1], pixels[10], pixels[19]}).containsExactly(-1, -1, -1);
    assertThat(new byte[] {pixels[2], pixels[11], pixels[20]})
        .containsExactly((byte) 200, (byte) 210, (byte) 220);
  }

  private static int checks(byte[] file) {
    AtomicInteger checks = new AtomicInteger();
    new ImagePreprocessor(8).pixels(file, checks::incrementAndGet);
    return checks.get();
  }

  private static LongSupplier ticking() {
    return new AtomicLong()::getAndIncrement;
  }

  /// Where the last scan's header begins.
  private static int lastScan(byte[] jpeg) {
    int at = jpeg.length - 2;
    while ((jpeg[at] & 0xff) != 0xff || (jpeg[at + 1] & 0xff) != 0xda) {
      at--;
    }
    return at;
  }

  private static byte[] file(String format, int size) throws IOException {
    BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < size * size; i++) {
      image.setRGB(i % size, i / size, i * 7919);
    }
    if (format.equals("png")) {
      return png(image);
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ImageWriteParam param = writer.getDefaultWriteParam();
    param.setProgressiveMode(
        format.equals("progressive")
            ? ImageWriteParam.MODE_DEFAULT
            : ImageWriteParam.MODE_DISABLED);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.write(null, new IIOImage(image, null, null), param);
    }
    writer.dispose();
    return out.toByteArray();
  }

  static BufferedImage deep(int size) {
    ComponentColorModel colors =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_sRGB),
            true,
            false,
            BufferedImage.TRANSLUCENT,
            DataBuffer.TYPE_USHORT);
    return new BufferedImage(
        colors, colors.createCompatibleWritableRaster(size, size), false, null);
  }

  private static byte[] png(BufferedImage image) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  /// A black image of one byte a pixel, written without holding it.
  private static byte[] grayPng(int width, int height) {
    Deflater deflater = new Deflater();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    byte[] row = new byte[1 + width];
    byte[] chunk = new byte[1 << 16];
    for (int y = 0; y < height; y++) {
      deflater.setInput(row);
      while (!deflater.needsInput()) {
        data.write(chunk, 0, deflater.deflate(chunk));
      }
    }
    deflater.finish();
    while (!deflater.finished()) {
      data.write(chunk, 0, deflater.deflate(chunk));
    }
    deflater.end();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    byte[] header =
        ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) 8).put((byte) 0).array();
    chunk(out, "IHDR", header);
    chunk(out, "IDAT", data.toByteArray());
    chunk(out, "IEND", new byte[0]);
    return out.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream out, String type, byte[] data) {
    ByteBuffer typed = ByteBuffer.allocate(4 + data.length);
    typed.put(type.getBytes(StandardCharsets.US_ASCII)).put(data);
    CRC32 crc = new CRC32();
    crc.update(typed.array());
    out.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
    out.writeBytes(typed.array());
    out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }
}
