package io.saviorrec.trainer.console;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Why a file or folder could not be read or written, in words for its user.
public final class DiskFault {
  private static final String FULL = "the disk is full";

  /// With less room than this nothing can be written.
  private static final long NOTHING = 4096;

  private DiskFault() {}

  /// The error of a file or folder that could not be written.
  public static UserError writing(Path path, IOException cause) {
    return new UserError(path + ": cannot be written: " + reason(cause), cause);
  }

  /// The same where it is known how much was still to be written.
  public static UserError writing(Path path, long bytes, IOException cause) {
    if (isFull(cause.getMessage()) || room(path) < bytes) {
      return new UserError(
          String.format(
              Locale.ROOT,
              "%s: cannot be written: %s: %,d more bytes are needed there; make room or use another disk",
              path,
              FULL,
              bytes),
          cause);
    }
    return writing(path, cause);
  }

  /// A failure whose cause is a full disk as one line for the user, any other as it is.
  ///
  /// @param folder where all files of the command go
  public static RuntimeException explain(Path folder, RuntimeException failure) {
    if (failure instanceof UserError) {
      return failure;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException && (isFull(cause.getMessage()) || room(folder) < NOTHING)) {
        return new UserError(
            folder + ": cannot be written: " + FULL + "; make room or use another disk", failure);
      }
    }
    return failure;
  }

  /// The error of a file that could not be read.
  public static UserError reading(Path path, IOException cause) {
    return cause instanceof NoSuchFileException
        ? new UserError(path + ": no such file", cause)
        : new UserError(path + ": cannot be read: " + reason(cause), cause);
  }

  /// The reason alone.
  public static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "it does not exist";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> e.getMessage() + " is in the way";
      case FileSystemException f -> ofSystem(f.getReason());
      default -> ofSystem(e.getMessage());
    };
  }

  /// What the operating system says, which is short.
  public static String ofSystem(@Nullable String text) {
    if (isFull(text)) {
      return FULL;
    }
    return text == null ? "the disk failed" : text.toLowerCase(Locale.ROOT);
  }

  /// Whether these words of a library are about a disk, or a user's share of it, without room.
  public static boolean isFull(@Nullable String text) {
    return text != null && (text.contains("No space left") || text.contains("Disk quota exceeded"));
  }

  private static long room(Path path) {
    try {
      Path existing = path.toAbsolutePath();
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
