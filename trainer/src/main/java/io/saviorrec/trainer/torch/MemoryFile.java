package io.saviorrec.trainer.torch;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/// A file in memory that has a path while it is open, for libraries that can only write to a path.
///
/// libtorch ends the process when a file that it writes finds no room, so it writes here.
@SuppressWarnings("restricted") // the program starts with --enable-native-access
final class MemoryFile implements AutoCloseable {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle CREATE =
      function(
          "memfd_create",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
  private static final MethodHandle CLOSE =
      function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  /// Not passed on to processes that this one starts.
  private static final int CLOSE_ON_EXEC = 1;

  private final int descriptor;

  private MemoryFile(int descriptor) {
    this.descriptor = descriptor;
  }

  static MemoryFile create() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom("archive");
      int descriptor = (int) CREATE.invokeExact(name, CLOSE_ON_EXEC);
      if (descriptor < 0) {
        throw new IllegalStateException("the system gives no file in memory");
      }
      return new MemoryFile(descriptor);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  Path path() {
    return Path.of("/proc/self/fd/" + descriptor);
  }

  @Override
  public void close() {
    try {
      int _ = (int) CLOSE.invokeExact(descriptor);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
  }
}
