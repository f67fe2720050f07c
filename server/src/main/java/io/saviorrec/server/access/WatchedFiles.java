package io.saviorrec.server.access;

import io.saviorrec.config.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Files that are read again when their content changes; what was read last and was good stays in
/// force until something better comes.
///
/// Files that belong together are looked at together. Content is compared and not times, so that
/// links and files that are put in place by a rename are seen too. New content counts once it is
/// the same at two looks, so that a file is not read while it is written.
public final class WatchedFiles implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WatchedFiles.class);
  private static final int LARGEST = 1 << 20;

  /// Takes new content into use.
  @FunctionalInterface
  public interface Use {
    /// Takes all of it into use, or nothing.
    ///
    /// @param contents of the files, in their order
    /// @throws Exception with what is wrong with them, when they cannot be used
    void accept(List<byte[]> contents) throws Exception;
  }

  /// Files that belong together.
  private static final class Group {
    private final String what;
    private final List<Path> files;
    private final Use use;
    private List<byte[]> seen = List.of();
    private List<byte[]> tried = List.of();
    private String problem = "";

    Group(String what, List<Path> files, Use use) {
      this.what = what;
      this.files = List.copyOf(files);
      this.use = use;
    }

    /// Null when it is as before; empty when it was taken into use; else what is wrong.
    ///
    /// @param first whether it is not looked at again before it is used
    @Nullable String look(boolean first) {
      List<byte[]> contents = new ArrayList<>();
      try {
        for (Path file : files) {
          contents.add(read(file));
        }
      } catch (IOException e) {
        return problem(reason(e));
      }
      boolean settled = first || same(contents, seen);
      seen = contents;
      if (same(contents, tried) || !settled) {
        return null;
      }
      tried = contents;
      try {
        use.accept(contents);
        problem = "";
        return problem;
      } catch (Exception e) {
        return problem(oneLine(e));
      }
    }

    /// A problem is told once.
    private @Nullable String problem(String found) {
      if (found.equals(problem)) {
        return null;
      }
      problem = found;
      return found;
    }

    private static byte[] read(Path file) throws IOException {
      try (InputStream in = Files.newInputStream(file)) {
        byte[] content = in.readNBytes(LARGEST + 1);
        if (content.length > LARGEST) {
          throw new IOException(file + " is larger than " + LARGEST + " bytes");
        }
        return content;
      }
    }

    private static boolean same(List<byte[]> left, List<byte[]> right) {
      boolean same = left.size() == right.size();
      for (int i = 0; same && i < left.size(); i++) {
        same = Arrays.equals(left.get(i), right.get(i));
      }
      return same;
    }

    private static String reason(IOException e) {
      return switch (e) {
        case NoSuchFileException none -> none.getFile() + ": no such file";
        case AccessDeniedException denied -> denied.getFile() + " may not be read";
        default -> oneLine(e);
      };
    }

    private static String oneLine(Exception e) {
      String message = e.getMessage();
      return message == null
          ? e.getClass().getSimpleName()
          : message.lines().findFirst().orElse(e.getClass().getSimpleName());
    }
  }

  private final List<Group> groups = new ArrayList<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "watched-files");
            thread.setDaemon(true);
            return thread;
          });

  /// Looks at the files every `interval`.
  public WatchedFiles(Duration interval) {
    ScheduledFuture<?> _ =
        clock.scheduleWithFixedDelay(
            this::look, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  /// Reads files now, and again whenever they change.
  ///
  /// @param what they are, for the log and for errors: the key of the setting that names them
  /// @throws ConfigException when they cannot be used now
  public void add(String what, List<Path> files, Use use) {
    Group group = new Group(what, files, use);
    synchronized (groups) {
      String problem = group.look(true);
      if (problem != null && !problem.isEmpty()) {
        throw new ConfigException(List.of(what + ": " + problem));
      }
      groups.add(group);
    }
  }

  void look() {
    synchronized (groups) {
      for (Group group : groups) {
        String problem = group.look(false);
        if (problem == null) {
          continue;
        }
        if (problem.isEmpty()) {
          log.info("{}: read again", group.what);
        } else {
          log.warn("{}: {}; what was read before stays in force", group.what, problem);
        }
      }
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
