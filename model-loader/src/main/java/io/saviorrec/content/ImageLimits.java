package io.saviorrec.content;

import java.time.Duration;

/// What an image may cost. Both sides are read from the file's header before anything is decoded.
///
/// A decoded image takes at most 8 bytes a pixel (four 16-bit samples) on the heap, and a
/// progressive JPEG 6 outside of it, so that `8 · maxPixels` and a little bounds the memory of a
/// thread.
///
/// @param maxSide the largest width and height, in pixels
/// @param maxPixels the most pixels, width × height
/// @param timeout the most processor time that decoding and resizing may take. Not time on the
///   clock: whether an image is accepted must not depend on what else the machine does.
public record ImageLimits(int maxSide, int maxPixels, Duration timeout) {

  /// The trainer's, and the server's where its settings say nothing else.
  public static final ImageLimits DEFAULT =
      new ImageLimits(16_384, 20_000_000, Duration.ofSeconds(5));

  /// The largest side that a JPEG file can have; with it no index of ours overflows.
  public static final int LARGEST_SIDE = 65_500;

  /// With twice as many, the four samples of a pixel would not fit into one array.
  public static final int MOST_PIXELS = 250_000_000;

  public ImageLimits {
    if (maxSide < 1 || maxSide > LARGEST_SIDE) {
      throw new IllegalArgumentException(
          "maxSide must be in [1, %d], was %d".formatted(LARGEST_SIDE, maxSide));
    }
    if (maxPixels < 1 || maxPixels > MOST_PIXELS) {
      throw new IllegalArgumentException(
          "maxPixels must be in [1, %d], was %d".formatted(MOST_PIXELS, maxPixels));
    }
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException("timeout must be above 0, was " + timeout);
    }
  }

  /// Refuses an image by its header.
  void check(int width, int height) {
    if (width > maxSide || height > maxSide) {
      throw new ContentException(
          "The image has %d × %d pixels, more than the limit of %d a side; send a smaller one"
              .formatted(width, height, maxSide));
    }
    if ((long) width * height > maxPixels) {
      throw new ContentException(
          "The image has %d × %d pixels, more than the limit of %d; send a smaller one"
              .formatted(width, height, maxPixels));
    }
  }
}
