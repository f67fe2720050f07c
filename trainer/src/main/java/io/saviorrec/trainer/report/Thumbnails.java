package io.saviorrec.trainer.report;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/// Item pictures, small enough that a page can hold a thousand of them.
final class Thumbnails {
  private static final int SIZE = 48;

  private Thumbnails() {}

  /// A picture as a data URI; empty where there is none that can be read.
  static String uri(@Nullable Path file) {
    if (file == null) {
      return "";
    }
    try {
      BufferedImage picture = ImageIO.read(file.toFile());
      if (picture == null) {
        return "";
      }
      BufferedImage small = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
      Graphics2D graphics = small.createGraphics();
      graphics.setRenderingHint(
          RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
      graphics.drawImage(picture, 0, 0, SIZE, SIZE, null);
      graphics.dispose();
      ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
      ImageIO.write(small, "jpg", jpeg);
      return "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(jpeg.toByteArray());
    } catch (IOException _) {
      // The training said so when it read it.
      return "";
    }
  }
}
