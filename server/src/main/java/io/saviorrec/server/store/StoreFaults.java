package io.saviorrec.server.store;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/// What is wrong with the item store's folder or database, in plain words and without paths.
final class StoreFaults {
  private StoreFaults() {}

  static boolean existsAsFile(Path directory) {
    Path path = directory.toAbsolutePath();
    while (path != null && !Files.exists(path)) {
      path = path.getParent();
    }
    return path != null && !Files.isDirectory(path);
  }

  static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException _ -> "permission denied";
      case FileSystemException failure when failure.getReason() != null -> failure.getReason();
      default -> "the file system refuses it";
    };
  }

  static String whyNotOpened(RocksDBException e) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("lock")) {
      return "is in use by another server";
    }
    if (message.contains("Column families not opened")) {
      return "was written by a later release";
    }
    return whatFailed(e, "cannot be opened");
  }

  static String whatFailed(RocksDBException e, String otherwise) {
    Status status = e.getStatus();
    if (status == null) {
      return otherwise;
    }
    if (isFull(e)) {
      return otherwise + ": the disk is full; make room";
    }
    return switch (status.getCode()) {
      case Corruption -> otherwise + ": its files are damaged; put back a copy or send items again";
      case IOError -> otherwise + ": its disk gives errors";
      default -> otherwise + ": " + status.getCode();
    };
  }

  static boolean isFull(RocksDBException e) {
    return e.getStatus() != null && e.getStatus().getSubCode() == Status.SubCode.NoSpace;
  }
}
