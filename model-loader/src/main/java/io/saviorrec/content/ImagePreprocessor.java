package io.saviorrec.content;

/// Turns an image file into the encoder's pixels: RGB, resized to a square by antialiased bicubic
/// filtering whatever the aspect ratio, planar.
///
/// Normalisation by mean and standard deviation is part of the encoder.
public final class ImagePreprocessor {

  /// The largest side of the encoder's input, in pixels.
  static final int MAX_SIZE = 1024;

  private final int size;

  public ImagePreprocessor(int size) {
    if (size < 1 || size > MAX_SIZE) {
      throw new IllegalArgumentException(
          "image size must be in [1, %d] pixels, was %d".formatted(MAX_SIZE, size));
    }
    this.size = size;
  }

  /// Bytes of one image's pixels: `3 · size · size`.
  public int length() {
    return 3 * size * size;
  }

  /// The pixels of a JPEG or PNG file: unsigned bytes `[3, size, size]`, channels red, green, blue.
  ///
  /// @throws ContentException when the file cannot be read as such an image
  public byte[] pixels(byte[] file) {
    RgbImage image = ImageFile.decode(file);
    byte[] interleaved =
        BicubicResize.resize(image.pixels(), image.width(), image.height(), size, size);
    byte[] planar = new byte[length()];
    int plane = size * size;
    for (int i = 0; i < plane; i++) {
      planar[i] = interleaved[3 * i];
      planar[plane + i] = interleaved[3 * i + 1];
      planar[2 * plane + i] = interleaved[3 * i + 2];
    }
    return planar;
  }
}
