package io.saviorrec.content;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadProgressListener;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageInputStreamImpl;

/// Decodes JPEG, PNG and WebP files.
///
/// Sample values are taken as they stand: embedded colour profiles and gamma are ignored, as
/// training pipelines of vision models do. Gray becomes equal channels, transparency is composed on
/// white, 16-bit samples keep their high byte, and EXIF orientation is not applied.
///
/// Work is checked at every row and at every kilobyte that the decoder reads: a progressive JPEG
/// can repaint all its pixels with each few bytes before the first row is done. So is what a
/// decoder allocates: a lossless WebP file can ask for tables of a thousand times its own size.
final class ImageFile {

  private static final Set<String> FORMATS = Set.of("jpeg", "png", "webp");

  private ImageFile() {}

  /// The pixels of a file.
  ///
  /// @throws ContentException when it is no such file or is beyond the limits; the decoders throw
  ///   IllegalArgumentException, NegativeArraySizeException and others on malformed files
  static PixelRows decode(byte[] file, ImageLimits limits, ImageWork work) throws IOException {
    if (file.length == 0) {
      throw new ContentException("The image file is empty");
    }
    PngChunks.check(file);
    boolean webp = WebpChunks.is(file);
    byte[] picture = webp ? WebpChunks.picture(file, limits) : file;
    try (ImageInputStream stream = new Bytes(picture, work)) {
      ImageReader reader = reader(stream);
      try {
        // Without metadata, whose compressed texts may be bombs.
        reader.setInput(stream, true, true);
        return decode(reader, limits, work, webp);
      } finally {
        reader.dispose();
      }
    }
  }

  private static ImageReader reader(ImageInputStream stream) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
        return reader;
      }
      reader.dispose();
    }
    throw new ContentException("The image is neither a JPEG nor a PNG nor a WebP file");
  }

  private static PixelRows decode(
      ImageReader reader, ImageLimits limits, ImageWork work, boolean webp) throws IOException {
    int width = reader.getWidth(0);
    int height = reader.getHeight(0);
    limits.check(width, height);
    if (webp) {
      work.limitAllocation((long) width * height);
    }
    List<String> warnings = new ArrayList<>();
    reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
    reader.addIIOReadProgressListener(new RowCheck(work));
    BufferedImage image = reader.read(0);
    work.requireGoing();
    for (String warning : warnings) {
      // The JPEG decoder fills what is missing with gray and only warns.
      if (warning.contains("Truncated") || warning.contains("Premature end")) {
        throw new ContentException("The image file is truncated: " + warning);
      }
      if (webp) {
        throw new ContentException("The WebP file cannot be decoded: " + warning);
      }
    }
    return PixelRows.of(image);
  }

  /// A file in memory, given out in small portions. Unlike the platform's streams it keeps no copy.
  private static final class Bytes extends ImageInputStreamImpl {

    private static final int PORTION = 1024;

    private final byte[] file;
    private final ImageWork work;

    Bytes(byte[] file, ImageWork work) {
      this.file = file;
      this.work = work;
    }

    @Override
    public int read() throws IOException {
      checkClosed();
      if (streamPos % PORTION == 0) {
        work.check();
      }
      bitOffset = 0;
      return streamPos < file.length ? file[(int) streamPos++] & 0xff : -1;
    }

    @Override
    public int read(byte[] out, int from, int length) throws IOException {
      checkClosed();
      work.check();
      bitOffset = 0;
      if (streamPos >= file.length) {
        return -1;
      }
      int count = (int) Math.min(Math.min(length, PORTION), file.length - streamPos);
      System.arraycopy(file, (int) streamPos, out, from, count);
      streamPos += count;
      return count;
    }

    @Override
    public long length() {
      return file.length;
    }
  }

  /// Checks the work whenever a decoder has done a row.
  private record RowCheck(ImageWork work) implements IIOReadProgressListener {

    @Override
    public void imageProgress(ImageReader source, float percentageDone) {
      work.check();
    }

    @Override
    public void sequenceStarted(ImageReader source, int minIndex) {}

    @Override
    public void sequenceComplete(ImageReader source) {}

    @Override
    public void imageStarted(ImageReader source, int imageIndex) {}

    @Override
    public void imageComplete(ImageReader source) {}

    @Override
    public void thumbnailStarted(ImageReader source, int imageIndex, int thumbnailIndex) {}

    @Override
    public void thumbnailProgress(ImageReader source, float percentageDone) {}

    @Override
    public void thumbnailComplete(ImageReader source) {}

    @Override
    public void readAborted(ImageReader source) {}
  }
}
