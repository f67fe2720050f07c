package io.saviorrec.content;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/// Decodes JPEG and PNG files to RGB.
///
/// Sample values are taken as they stand: embedded colour profiles and gamma are ignored, as
/// training pipelines of vision models do. Gray becomes equal channels, transparency is composed on
/// white, 16-bit samples keep their high byte, and EXIF orientation is not applied.
final class ImageFile {

  /// An image of more pixels is refused before it is decoded: it would take over 150 MB.
  static final long MAX_PIXELS = 50_000_000;

  private static final Set<String> FORMATS = Set.of("jpeg", "png");

  private ImageFile() {}

  static RgbImage decode(byte[] file) {
    if (file.length == 0) {
      throw new ContentException("The image file is empty");
    }
    PngChunks.check(file);
    // Not ImageIO.createImageInputStream, which may write a cache file to disk.
    try (ImageInputStream stream =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      ImageReader reader = reader(stream);
      try {
        reader.setInput(stream, true, true);
        return decode(reader);
      } finally {
        reader.dispose();
      }
    } catch (IOException | RuntimeException e) {
      if (e instanceof ContentException known) {
        throw known;
      }
      // The decoders throw IllegalArgumentException, NegativeArraySizeException and others on
      // malformed files.
      throw new ContentException(
          "The image (%d bytes) cannot be decoded: %s".formatted(file.length, e.getMessage()), e);
    }
  }

  private static ImageReader reader(ImageInputStream stream) {
    Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      try {
        if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
          return reader;
        }
      } catch (IOException e) {
        throw new ContentException("The image's format cannot be told: " + e.getMessage(), e);
      }
      reader.dispose();
    }
    throw new ContentException("The image is neither a JPEG nor a PNG file");
  }

  private static RgbImage decode(ImageReader reader) throws IOException {
    int width = reader.getWidth(0);
    int height = reader.getHeight(0);
    if ((long) width * height > MAX_PIXELS) {
      throw new ContentException(
          "The image has %d × %d pixels, more than the limit of %d; send a smaller one"
              .formatted(width, height, MAX_PIXELS));
    }
    List<String> warnings = new ArrayList<>();
    reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
    BufferedImage image = reader.read(0);
    for (String warning : warnings) {
      // The JPEG decoder fills what is missing with gray and only warns.
      if (warning.contains("Truncated") || warning.contains("Premature end")) {
        throw new ContentException("The image file is truncated: " + warning);
      }
    }
    return rgb(image);
  }

  private static RgbImage rgb(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] out = new byte[Math.multiplyExact(3, width * height)];
    ColorModel colors = image.getColorModel();
    int type = colors.getColorSpace().getType();
    if (type != ColorSpace.TYPE_GRAY && type != ColorSpace.TYPE_RGB) {
      throw new ContentException(
          "The image's colours are neither RGB nor gray (CMYK?); save it as RGB");
    }
    // Samples are read from the raster where they are plain: BufferedImage.getRGB would convert
    // gray from a linear colour space and make it brighter.
    boolean plain = colors instanceof ComponentColorModel;
    for (int y = 0; y < height; y++) {
      int at = 3 * y * width;
      if (plain) {
        copyRow(image.getRaster(), colors, y, out, at);
      } else {
        copyArgbRow(image.getRGB(0, y, width, 1, null, 0, width), out, at);
      }
    }
    return new RgbImage(width, height, out);
  }

  private static void copyRow(WritableRaster raster, ColorModel colors, int y, byte[] out, int at) {
    int width = raster.getWidth();
    int bands = raster.getNumBands();
    int[] samples = raster.getPixels(0, y, width, 1, (int[]) null);
    for (int x = 0; x < width; x++) {
      int in = x * bands;
      int alpha = colors.hasAlpha() ? toByte(samples[in + bands - 1], colors, bands - 1) : 0xff;
      boolean gray = colors.getNumColorComponents() == 1;
      for (int c = 0; c < 3; c++) {
        int band = gray ? 0 : c;
        out[at++] = onWhite(toByte(samples[in + band], colors, band), alpha);
      }
    }
  }

  private static void copyArgbRow(int[] argb, byte[] out, int at) {
    for (int pixel : argb) {
      int alpha = pixel >>> 24;
      out[at++] = onWhite(pixel >>> 16 & 0xff, alpha);
      out[at++] = onWhite(pixel >>> 8 & 0xff, alpha);
      out[at++] = onWhite(pixel & 0xff, alpha);
    }
  }

  private static int toByte(int sample, ColorModel colors, int band) {
    int bits = colors.getComponentSize(band);
    return bits >= 8 ? sample >> (bits - 8) : sample * 255 / ((1 << bits) - 1);
  }

  private static byte onWhite(int color, int alpha) {
    return (byte) ((color * alpha + 255 * (255 - alpha) + 127) / 255);
  }
}
