package io.saviorrec.trainer.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/// Tells a disk without room from other reasons why a file cannot be written.
public final class DiskSpace {
  /// What the systems' C libraries call it: no space, and no space for this user.
  private static final String[] FULL = {"No space left on device", "Disk quota exceeded"};

  /// With less room than this nothing can be written.
  private static final long NOTHING = 4096;

  private DiskSpace() {}

  /// A failure to write as one line for the user.
  ///
  /// @param file the file or folder that was written
  /// @param bytes how much was still to be written
  public static UserError failure(Path file, long bytes, IOException e) {
    if (isFull(e) || room(file) < bytes) {
      return new UserError(
          String.format(
              Locale.ROOT,
              "the disk of %s is full: %,d more bytes are needed there; make room or use another disk",
              file,
              bytes),
          e);
    }
    return new UserError("cannot write " + file + ": " + reason(e), e);
  }

  /// A failure whose cause is a full disk as one line for the user, any other as it is.
  ///
  /// @param folder where all files of the command go
  public static RuntimeException explain(Path folder, RuntimeException e) {
    if (e instanceof UserError) {
      return e;
    }
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException io && (isFull(io) || room(folder) < NOTHING)) {
        return new UserError(
            "the disk of %s is full; make room or use another disk".formatted(folder), e);
      }
    }
    return e;
  }

  private static boolean isFull(IOException e) {
    String message = String.valueOf(e.getMessage());
    for (String words : FULL) {
      if (message.contains(words)) {
        return true;
      }
    }
    return false;
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  private static long room(Path file) {
    try {
      Path existing = file.toAbsolutePath();
      while (existing.getParent() != null && !Files.exists(existing)) {
        existing = existing.getParent();
      }
      return Files.getFileStore(existing).getUsableSpace();
    } catch (IOException _) {
      // Then only the message can tell.
      return Long.MAX_VALUE;
    }
  }
}
