package io.saviorrec.trainer.exposures;

import io.saviorrec.exposure.Exposure;
import io.saviorrec.exposure.ExposureFiles;
import io.saviorrec.exposure.ExposureReader;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.table.ClickFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads the exposure logs of one or several servers together with the clicks, request by request.
///
/// A request that was scored again, because its caller asked again, counts once: as it was answered
/// first. Requests without an id are left out, for no click can belong to them.
public final class ShownLog {
  private final List<Path> exposures;
  private final Path clicks;
  private final Window window;

  /// Which part of the log is read.
  ///
  /// @param from earlier requests are left out; null: none are
  /// @param until so are those then and later; null: none are
  /// @param shown how many candidates of each request its user saw, the highest scores first
  public record Window(@Nullable Instant from, @Nullable Instant until, int shown) {
    /// All of it.
    public static final Window ALL = new Window(null, null, Integer.MAX_VALUE);

    boolean holds(long timeMillis) {
      return (from == null || timeMillis >= from.toEpochMilli())
          && (until == null || timeMillis < until.toEpochMilli());
    }
  }

  /// What was read.
  ///
  /// @param requests that were handed on
  /// @param repeated further answers to the same requests
  /// @param nameless requests without an id
  /// @param clicks rows of the click file
  /// @param unusableClicks rows without a request or an item
  /// @param strayClicks clicks on what was not shown in any request that was handed on
  public record Counts(
      long requests,
      long repeated,
      long nameless,
      long clicks,
      long unusableClicks,
      long strayClicks) {}

  /// @param exposures the folders that servers log to, each one's `exposures.directory`
  /// @param clicks a table of `request_id` and `item_id`
  public ShownLog(List<Path> exposures, Path clicks, Window window) {
    this.exposures = List.copyOf(exposures);
    this.clicks = clicks;
    this.window = window;
  }

  /// Hands on each request.
  ///
  /// @throws UserError when there are none, or when clicks and exposures do not belong together
  public Counts read(Consumer<ShownRequest> requests) {
    List<Path> files = files();
    ClickFile clicked = ClickFile.read(clicks);
    Walk walk = new Walk(clicked, requests);
    for (Path file : files) {
      try {
        ExposureReader.read(file, walk::take);
      } catch (IOException e) {
        throw new UserError(file + ": cannot be read as an exposure file: " + e.getMessage(), e);
      }
    }
    return checked(walk, clicked);
  }

  /// In the order of their names, which is that of their times, whatever folder they are in: the
  /// first answer to a request may be another server's.
  private List<Path> files() {
    return exposures.stream()
        .flatMap(folder -> files(folder).stream())
        .sorted(Comparator.comparing(file -> String.valueOf(file.getFileName())))
        .toList();
  }

  private static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new UserError(
          folder + ": no such folder; name the one of the server's exposures.directory");
    }
    try {
      List<Path> files = ExposureFiles.of(folder);
      if (files.isEmpty()) {
        throw new UserError(
            folder
                + ": no exposure file that is whole; a server finishes one after"
                + " exposures.rotateInterval and when it stops");
      }
      return files;
    } catch (IOException e) {
      throw DiskFault.reading(folder, e);
    }
  }

  private String folders() {
    return exposures.stream().map(Path::toString).collect(Collectors.joining(", "));
  }

  private Counts checked(Walk walk, ClickFile clicked) {
    if (walk.handedOn == 0) {
      throw new UserError(
          folders()
              + (walk.nameless > 0
                  ? ": no request has a request_id, so no click can belong to one; set it in the requests"
                  : ": no request in the time that was asked for"));
    }
    long known = clicked.items().values().stream().mapToLong(Set::size).sum();
    if (known > 0 && walk.matched == 0) {
      throw new UserError(
          clicks
              + ": none of its "
              + known
              + " clicks is on what "
              + folders()
              + " shows; are request_id and item_id those that were scored?");
    }
    return new Counts(
        walk.handedOn,
        walk.repeated,
        walk.nameless,
        clicked.rows(),
        clicked.unusable(),
        known - walk.matched);
  }

  /// One pass over the log.
  private final class Walk {
    private final ClickFile clicked;
    private final Consumer<ShownRequest> requests;
    private final Set<String> seen = new HashSet<>();
    private long handedOn;
    private long repeated;
    private long nameless;
    private long matched;

    Walk(ClickFile clicked, Consumer<ShownRequest> requests) {
      this.clicked = clicked;
      this.requests = requests;
    }

    void take(Exposure exposure) {
      if (!window.holds(exposure.timeMillis())) {
        return;
      }
      if (exposure.requestId().isEmpty()) {
        nameless++;
        return;
      }
      if (!seen.add(exposure.requestId())) {
        repeated++;
        return;
      }
      int[] ranks = exposure.ranks();
      boolean[] shown = new boolean[ranks.length];
      boolean[] clicks = new boolean[ranks.length];
      Set<Long> met = new HashSet<>();
      for (int i = 0; i < ranks.length; i++) {
        long item = exposure.items()[i];
        shown[i] = ranks[i] <= window.shown();
        clicks[i] = shown[i] && clicked.clicked(exposure.requestId(), item) && met.add(item);
        matched += clicks[i] ? 1 : 0;
      }
      handedOn++;
      requests.accept(new ShownRequest(exposure, shown, clicks));
    }
  }
}
