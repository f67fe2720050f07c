package io.saviorrec.trainer.data.table;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Why a file or folder could not be read or written, in words for its user.
final class DiskFault {
  private static final String FULL = "the disk is full";

  private DiskFault() {}

  static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "it does not exist";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> e.getMessage() + " is in the way";
      case FileSystemException f -> ofSystem(f.getReason());
      default -> ofSystem(e.getMessage());
    };
  }

  /// What the operating system says, which is short.
  static String ofSystem(@Nullable String text) {
    if (isFull(text)) {
      return FULL;
    }
    return text == null ? "the disk failed" : text.toLowerCase(Locale.ROOT);
  }

  static boolean isFull(@Nullable String text) {
    return text != null && (text.contains("No space left") || text.contains("Disk quota exceeded"));
  }
}
