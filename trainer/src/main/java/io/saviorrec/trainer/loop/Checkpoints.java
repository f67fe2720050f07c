package io.saviorrec.trainer.loop;

import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.TensorSource;
import io.saviorrec.trainer.console.DiskFault;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The checkpoints of a stage, one file for each of its loops: the newest takes the place of the
/// one before, whole or not at all. It also knows how the losses of the loops fell that have ended.
public final class Checkpoints {
  /// More than a picture can show.
  private static final int CURVE_POINTS = 200;

  private final @Nullable Path folder;
  private final Every every;
  private final Consumer<String> say;
  private final Map<String, List<Losses.Point>> curves = new LinkedHashMap<>();

  /// How often a running loop is kept.
  ///
  /// @param time after so long; zero: not by time
  /// @param steps after so many steps; 0: not by steps
  public record Every(Duration time, int steps) {
    static final Every NEVER = new Every(Duration.ZERO, 0);
  }

  private Checkpoints(@Nullable Path folder, Every every, Consumer<String> say) {
    this.folder = folder;
    this.every = every;
    this.say = say;
  }

  /// Nothing is kept.
  public static Checkpoints none() {
    return new Checkpoints(null, Every.NEVER, _ -> {});
  }

  /// Checkpoints in a folder.
  ///
  /// @param folder which may be missing yet
  /// @param say told in one line where a loop goes on
  public static Checkpoints in(Path folder, Every every, Consumer<String> say) {
    return new Checkpoints(folder, every, say);
  }

  boolean kept() {
    return folder != null;
  }

  /// Whether it is time for one.
  boolean due(long steps, long nanos) {
    boolean bySteps = every.steps() > 0 && steps >= every.steps();
    boolean byTime = !every.time().isZero() && nanos >= every.time().toNanos();
    return bySteps || byTime;
  }

  /// A loop has ended.
  void ended(String loop, Losses losses) {
    curves.put(loop, losses.curve(CURVE_POINTS));
  }

  /// How the losses of the loops fell that have ended, by their names.
  public Map<String, List<Losses.Point>> curves() {
    return Collections.unmodifiableMap(curves);
  }

  void say(String line) {
    say.accept(line);
  }

  /// The file of a loop where there is one.
  @Nullable Safetensors open(String loop) {
    if (folder == null || !Files.isRegularFile(file(folder, loop))) {
      return null;
    }
    return Safetensors.open(file(folder, loop));
  }

  void write(String loop, Map<String, TensorSource> content) {
    if (folder == null) {
      throw new IllegalStateException("nothing is kept");
    }
    Path file = file(folder, loop);
    Path draft = folder.resolve(file.getFileName() + ".draft");
    try {
      Files.createDirectories(folder);
      try {
        Safetensors.write(draft, content);
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(draft);
      }
    } catch (BundleException e) {
      throw e.getCause() instanceof IOException cause ? DiskFault.writing(file, cause) : e;
    } catch (IOException e) {
      throw DiskFault.writing(file, e);
    }
  }

  private static Path file(Path folder, String loop) {
    return folder.resolve(loop.replaceAll("[^A-Za-z0-9]+", "-") + ".safetensors");
  }
}
