package io.saviorrec.content;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The work on one image, which is stopped when it has cost too much or when nobody waits for it
/// any more. Used by one thread.
///
/// Decoders wrap what is thrown through them, so the reason for stopping is kept here.
final class ImageWork {

  private final Duration timeout;
  private final LongSupplier cpuNanos;
  private final Runnable wanted;
  private final long startNanos;
  private @Nullable RuntimeException stop;

  /// Work that begins now.
  ///
  /// @param cpuNanos processor time of the current thread
  /// @param wanted throws when the image is not wanted any more
  ImageWork(Duration timeout, LongSupplier cpuNanos, Runnable wanted) {
    this.timeout = timeout;
    this.cpuNanos = cpuNanos;
    this.wanted = wanted;
    this.startNanos = cpuNanos.getAsLong();
  }

  /// To be called at least every few milliseconds: throws when the work is to be stopped.
  void check() {
    requireGoing();
    try {
      wanted.run();
    } catch (RuntimeException e) {
      stop = e;
      throw e;
    }
    if (cpuNanos.getAsLong() - startNanos > timeout.toNanos()) {
      stop =
          new ContentException(
              "The image takes more than %d ms to decode; send a smaller or simpler one"
                  .formatted(timeout.toMillis()));
      throw stop;
    }
  }

  /// Throws the reason when the work was stopped.
  void requireGoing() {
    if (stop != null) {
      throw stop;
    }
  }
}
