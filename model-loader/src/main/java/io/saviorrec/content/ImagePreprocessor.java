package io.saviorrec.content;

import java.lang.management.ManagementFactory;
import java.util.function.LongSupplier;

/// Turns an image file into the encoder's pixels: RGB, resized to a square by antialiased bicubic
/// filtering whatever the aspect ratio, planar.
///
/// Normalisation by mean and standard deviation is part of the encoder. Limits say only which
/// images are accepted; those that two preprocessors accept have the same pixels in both.
public final class ImagePreprocessor {

  /// The largest side of the encoder's input, in pixels.
  static final int MAX_SIZE = 1024;

  private final int size;
  private final ImageLimits limits;
  private final LongSupplier cpuNanos;

  /// A preprocessor with the limits that training has.
  public ImagePreprocessor(int size) {
    this(size, ImageLimits.DEFAULT);
  }

  public ImagePreprocessor(int size, ImageLimits limits) {
    this(size, limits, ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime);
  }

  ImagePreprocessor(int size, ImageLimits limits, LongSupplier cpuNanos) {
    if (size < 1 || size > MAX_SIZE) {
      throw new IllegalArgumentException(
          "image size must be in [1, %d] pixels, was %d".formatted(MAX_SIZE, size));
    }
    this.size = size;
    this.limits = limits;
    this.cpuNanos = cpuNanos;
  }

  /// Bytes of one image's pixels: `3 · size · size`.
  public int length() {
    return 3 * size * size;
  }

  /// The pixels of a JPEG, PNG or WebP file: unsigned bytes `[3, size, size]`, channels red, green,
  /// blue.
  ///
  /// @throws ContentException when the file cannot be read as such an image, or is beyond the
  ///   limits
  public byte[] pixels(byte[] file) {
    return pixels(file, () -> {});
  }

  /// The same, while it is wanted.
  ///
  /// @param wanted called every few milliseconds; what it throws ends the work and comes out of it
  /// @throws ContentException when the file cannot be read as such an image, or is beyond the
  ///   limits
  public byte[] pixels(byte[] file, Runnable wanted) {
    ImageWork work = new ImageWork(limits.timeout(), cpuNanos, wanted);
    try {
      work.check();
      PixelRows rows = ImageFile.decode(file, limits, work);
      return planar(BicubicResize.resize(rows, size, size, work));
    } catch (ContentException | VirtualMachineError e) {
      throw e;
    } catch (Throwable e) {
      work.requireGoing();
      throw new ContentException(
          "The image (%d bytes) cannot be decoded: %s".formatted(file.length, reason(e)), e);
    }
  }

  private static String reason(Throwable e) {
    String message = e.getMessage();
    return message == null ? "it is damaged" : message.lines().findFirst().orElse("it is damaged");
  }

  private byte[] planar(byte[] interleaved) {
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
