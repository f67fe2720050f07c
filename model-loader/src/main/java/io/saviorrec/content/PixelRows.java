package io.saviorrec.content;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.WritableRaster;

/// A decoded image, read row by row as RGB, so that no second copy of all its pixels is needed.
/// Used by one thread.
///
/// Samples are read from the raster where they are plain: `BufferedImage.getRGB` would convert gray
/// from a linear colour space and make it brighter, and would make an object for each pixel.
final class PixelRows {

  private static final int CHANNELS = 3;
  private static final int OPAQUE = 0xff;

  /// Fills a row of RGB bytes.
  @FunctionalInterface
  private interface Reader {
    void read(int y, byte[] out);
  }

  private final BufferedImage image;
  private final int width;
  private final Reader reader;

  private PixelRows(BufferedImage image) {
    this.image = image;
    this.width = image.getWidth();
    this.reader =
        switch (image.getColorModel()) {
          case IndexColorModel palette -> indexed(palette);
          case ComponentColorModel plain -> plain(plain);
          default -> this::readArgb;
        };
  }

  /// The rows of an image that is gray or RGB.
  static PixelRows of(BufferedImage image) {
    int type = image.getColorModel().getColorSpace().getType();
    if (type != ColorSpace.TYPE_GRAY && type != ColorSpace.TYPE_RGB) {
      throw new ContentException(
          "The image's colours are neither RGB nor gray (CMYK?); save it as RGB");
    }
    return new PixelRows(image);
  }

  int width() {
    return width;
  }

  int height() {
    return image.getHeight();
  }

  /// Fills `out`, `[width, 3]`, with a row.
  void read(int y, byte[] out) {
    reader.read(y, out);
  }

  private Reader indexed(IndexColorModel palette) {
    int[] colors = new int[palette.getMapSize()];
    palette.getRGBs(colors);
    int[] row = new int[width];
    return (y, out) -> {
      image.getRaster().getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        // Decoders let indices beyond the palette pass.
        row[x] = row[x] < colors.length ? colors[row[x]] : 0;
      }
      fromArgb(row, out);
    };
  }

  private Reader plain(ComponentColorModel colors) {
    WritableRaster raster = image.getRaster();
    int bands = raster.getNumBands();
    boolean gray = colors.getNumColorComponents() == 1;
    int green = gray ? 0 : 1;
    int blue = gray ? 0 : 2;
    int alpha = colors.hasAlpha() ? bands - 1 : -1;
    byte[] row = new byte[width * bands];
    Reader samples =
        raster.getTransferType() == DataBuffer.TYPE_USHORT
            ? highBytes(raster, colors, row)
            : lowBytes(raster, colors, row);
    return (y, out) -> {
      samples.read(y, row);
      for (int x = 0, in = 0, at = 0; x < width; x++, in += bands, at += CHANNELS) {
        int opacity = alpha < 0 ? OPAQUE : row[in + alpha] & 0xff;
        out[at] = onWhite(row[in] & 0xff, opacity);
        out[at + 1] = onWhite(row[in + green] & 0xff, opacity);
        out[at + 2] = onWhite(row[in + blue] & 0xff, opacity);
      }
    };
  }

  private Reader highBytes(WritableRaster raster, ColorModel colors, byte[] row) {
    requireBits(colors, Short.SIZE);
    short[] samples = new short[row.length];
    return (y, out) -> {
      raster.getDataElements(0, y, width, 1, samples);
      for (int i = 0; i < samples.length; i++) {
        out[i] = (byte) (samples[i] >>> Byte.SIZE);
      }
    };
  }

  private Reader lowBytes(WritableRaster raster, ColorModel colors, byte[] row) {
    int bits = colors.getComponentSize(0);
    requireBits(colors, bits);
    if (bits == Byte.SIZE) {
      return (y, out) -> raster.getDataElements(0, y, width, 1, out);
    }
    int largest = (1 << bits) - 1;
    int[] samples = new int[row.length];
    return (y, out) -> {
      raster.getPixels(0, y, width, 1, samples);
      for (int i = 0; i < samples.length; i++) {
        out[i] = (byte) (samples[i] * 255 / largest);
      }
    };
  }

  private static void requireBits(ColorModel colors, int bits) {
    for (int band = 0; band < colors.getNumComponents(); band++) {
      if (colors.getComponentSize(band) != bits) {
        throw new ContentException("The image's channels differ in depth; save it as RGB");
      }
    }
  }

  private void readArgb(int y, byte[] out) {
    fromArgb(image.getRGB(0, y, width, 1, null, 0, width), out);
  }

  private static void fromArgb(int[] argb, byte[] out) {
    for (int x = 0, at = 0; x < argb.length; x++, at += CHANNELS) {
      int opacity = argb[x] >>> 24;
      out[at] = onWhite(argb[x] >>> 16 & 0xff, opacity);
      out[at + 1] = onWhite(argb[x] >>> 8 & 0xff, opacity);
      out[at + 2] = onWhite(argb[x] & 0xff, opacity);
    }
  }

  private static byte onWhite(int color, int opacity) {
    return (byte)
        (opacity == OPAQUE ? color : (color * opacity + 255 * (255 - opacity) + 127) / 255);
  }
}
