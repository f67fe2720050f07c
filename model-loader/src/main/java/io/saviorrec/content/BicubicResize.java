package io.saviorrec.content;

/// The antialiased bicubic filter of the Python Imaging Library, to the bit.
///
/// Vision models were trained on images resized by it, and a filter without antialiasing (Java2D's,
/// or a plain bicubic interpolation) shifts the embeddings. Separable: rows first, then columns,
/// with rounding to bytes between the passes; Keys' kernel with a = -0.5, widened by the ratio when
/// the image gets smaller; weights in fixed point with 22 fractional bits.
final class BicubicResize {

  private static final double A = -0.5;
  private static final double KERNEL_SUPPORT = 2.0;

  /// 32 bits less 8 of the pixel and 2 of headroom for sums of weights beyond 1.
  private static final int PRECISION_BITS = 32 - 8 - 2;

  private static final int HALF = 1 << (PRECISION_BITS - 1);
  private static final int CHANNELS = 3;

  private BicubicResize() {}

  /// The weights of each output position: `values` holds `stride` of them a position, of which
  /// `count` are used, starting at input position `first`.
  private record Weights(int[] first, int[] count, int stride, int[] values) {}

  /// An image to `[outHeight, outWidth, 3]`.
  static byte[] resize(PixelRows image, int outWidth, int outHeight, ImageWork work) {
    byte[] rows = resizeRows(image, weights(image.width(), outWidth), outWidth, work);
    return resizeColumns(rows, outWidth, weights(image.height(), outHeight), outHeight, work);
  }

  private static byte[] resizeRows(PixelRows image, Weights weights, int outWidth, ImageWork work) {
    byte[] row = new byte[Math.multiplyExact(image.width(), CHANNELS)];
    byte[] out =
        new byte[Math.multiplyExact(Math.multiplyExact(image.height(), outWidth), CHANNELS)];
    for (int y = 0; y < image.height(); y++) {
      work.check();
      image.read(y, row);
      for (int x = 0; x < outWidth; x++) {
        int from = weights.first[x] * CHANNELS;
        weigh(row, from, CHANNELS, weights, x, out, (y * outWidth + x) * CHANNELS);
      }
    }
    return out;
  }

  private static byte[] resizeColumns(
      byte[] in, int width, Weights weights, int outHeight, ImageWork work) {
    byte[] out = new byte[outHeight * width * CHANNELS];
    int step = width * CHANNELS;
    for (int y = 0; y < outHeight; y++) {
      work.check();
      for (int x = 0; x < width; x++) {
        int from = weights.first[y] * step + x * CHANNELS;
        weigh(in, from, step, weights, y, out, (y * width + x) * CHANNELS);
      }
    }
    return out;
  }

  private static void weigh(
      byte[] in, int from, int step, Weights weights, int position, byte[] out, int to) {
    int red = HALF;
    int green = HALF;
    int blue = HALF;
    int k = position * weights.stride;
    for (int i = 0, at = from; i < weights.count[position]; i++, at += step) {
      int weight = weights.values[k + i];
      red += (in[at] & 0xff) * weight;
      green += (in[at + 1] & 0xff) * weight;
      blue += (in[at + 2] & 0xff) * weight;
    }
    out[to] = clip(red);
    out[to + 1] = clip(green);
    out[to + 2] = clip(blue);
  }

  private static byte clip(int fixed) {
    return (byte) Math.clamp(fixed >> PRECISION_BITS, 0, 255);
  }

  private static Weights weights(int inSize, int outSize) {
    double scale = (double) inSize / outSize;
    double filterScale = Math.max(scale, 1.0);
    double support = KERNEL_SUPPORT * filterScale;
    int stride = (int) Math.ceil(support) * 2 + 1;
    int[] firsts = new int[outSize];
    int[] counts = new int[outSize];
    int[] values = new int[outSize * stride];
    double[] kernel = new double[stride];
    for (int x = 0; x < outSize; x++) {
      double centre = (x + 0.5) * scale;
      int first = Math.max((int) (centre - support + 0.5), 0);
      int count = Math.min((int) (centre + support + 0.5), inSize) - first;
      double sum = 0;
      for (int i = 0; i < count; i++) {
        kernel[i] = kernel((i + first - centre + 0.5) / filterScale);
        sum += kernel[i];
      }
      for (int i = 0; i < count; i++) {
        double weight = sum == 0 ? kernel[i] : kernel[i] / sum;
        // A cast truncates toward zero, so half a unit away from zero rounds.
        values[x * stride + i] =
            (int) (Math.copySign(0.5, weight) + weight * (1 << PRECISION_BITS));
      }
      firsts[x] = first;
      counts[x] = count;
    }
    return new Weights(firsts, counts, stride, values);
  }

  private static double kernel(double x) {
    x = Math.abs(x);
    if (x < 1) {
      return ((A + 2) * x - (A + 3)) * x * x + 1;
    }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
  }
}
