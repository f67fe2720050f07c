package io.saviorrec.content;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The work on one image, which is stopped when it has cost too much or when nobody waits for it
/// any more. Used by one thread.
///
/// Decoders wrap what is thrown through them, so the reason for stopping is kept here.
final class ImageWork {

  /// For what a decoder allocates whatever the image's size, a table of codes for one.
  private static final long TABLE_BYTES = 32L << 20;

  /// For what it allocates for each pixel, garbage included.
  private static final long PIXEL_BYTES = 128;

  private final Duration timeout;
  private final LongSupplier cpuNanos;
  private final Runnable wanted;
  private final long startNanos;
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private long mostAllocated = Long.MAX_VALUE;
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
    if (threads.getCurrentThreadAllocatedBytes() > mostAllocated) {
      stop =
          new ContentException(
              "The image takes far more memory to decode than its size does; save it anew");
      throw stop;
    }
  }

  /// Stops when much more is allocated from now on than an image of so many pixels needs.
  void limitAllocation(long pixels) {
    mostAllocated = threads.getCurrentThreadAllocatedBytes() + TABLE_BYTES + PIXEL_BYTES * pixels;
  }

  /// Throws the reason when the work was stopped.
  void requireGoing() {
    if (stop != null) {
      throw stop;
    }
  }
}
