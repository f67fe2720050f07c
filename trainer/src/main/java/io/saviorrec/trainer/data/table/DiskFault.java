package io.saviorrec.trainer.data.table;

import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Why a file or folder could not be read or written, in words for its user.
public final class DiskFault {
  private static final String FULL = "the disk is full";

  private DiskFault() {}

  /// The error of a data set that could not be written.
  public static UserError writing(Path path, Throwable cause) {
    return new UserError(path + ": cannot be written: " + reason(cause), cause);
  }

  static String reason(Throwable e) {
    return switch (e) {
      case NoSuchFileException _ -> "it does not exist";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "a file is in the way";
      case FileSystemException f -> ofSystem(f.getReason());
      case IOException _ -> ofSystem(e.getMessage());
      default -> isFull(e.getMessage()) ? FULL : "see that the disk has room and may be written to";
    };
  }

  /// What the operating system says, which is short.
  private static String ofSystem(@Nullable String text) {
    if (isFull(text)) {
      return FULL;
    }
    return text == null ? "the disk failed" : text.toLowerCase(Locale.ROOT);
  }

  static boolean isFull(@Nullable String text) {
    return text != null && (text.contains("No space left") || text.contains("Disk quota exceeded"));
  }
}
