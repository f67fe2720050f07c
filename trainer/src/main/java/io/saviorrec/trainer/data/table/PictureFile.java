package io.saviorrec.trainer.data.table;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Tells pictures from other files by their first bytes.
public final class PictureFile {
  private PictureFile() {}

  /// Whether the file can be read and starts like a JPEG, PNG or WebP.
  public static boolean isPicture(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] start = in.readNBytes(12);
      if (start.length < 4) {
        return false;
      }
      boolean jpeg = start[0] == (byte) 0xff && start[1] == (byte) 0xd8;
      boolean png =
          start[0] == (byte) 0x89 && start[1] == 'P' && start[2] == 'N' && start[3] == 'G';
      String container = new String(start, StandardCharsets.ISO_8859_1);
      boolean webp = container.matches("(?s)RIFF....WEBP");
      return jpeg || png || webp;
    } catch (IOException e) {
      return false;
    }
  }
}
