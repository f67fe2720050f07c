package io.saviorrec.trainer.data.log;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// Reads shards one after the other, the next while the one before it is worked on: two are in
/// memory at most.
public final class ShardReader implements AutoCloseable {
  private final TrainingInput input;
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private int held = -1;
  private @Nullable ImpressionLog shard;
  private int ahead = -1;
  private @Nullable Future<ImpressionLog> coming;

  /// @param input not read by anybody else until this is closed
  public ShardReader(TrainingInput input) {
    this.input = input;
  }

  /// A shard.
  ///
  /// @param next the one that will be asked for next, if it is known; else the same one
  public ImpressionLog read(int number, int next) {
    ImpressionLog read = shard;
    if (read == null || number != held) {
      // The last one goes first, else there would be three.
      shard = null;
      if (number != ahead) {
        start(number);
      }
      read = arrived();
      shard = read;
      held = number;
    }
    if (next != number && next != ahead) {
      start(next);
    }
    return read;
  }

  private void start(int number) {
    ahead = number;
    coming = thread.submit(() -> input.shard(number));
  }

  private ImpressionLog arrived() {
    try {
      if (coming == null) {
        throw new IllegalStateException("no shard was asked for");
      }
      ImpressionLog arrived = coming.get();
      coming = null;
      ahead = -1;
      return arrived;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a shard was read", e);
    }
  }

  @Override
  public void close() {
    thread.close();
  }
}
