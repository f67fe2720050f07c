package io.saviorrec.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Memory outside of the Java heap for the inputs of one call after another, so that none of them
/// allocates any. Used by one thread.
final class Scratch {
  private static final int INITIAL_BYTES = 1 << 14;

  /// What vector instructions like the start of a tensor to be a multiple of.
  private static final int ALIGNMENT = 64;

  private ByteBuffer memory = allocate(INITIAL_BYTES);

  /// Makes all of the memory free again; nobody may read what was written before.
  void clear() {
    memory.clear();
  }

  /// Room for so many bytes, which is nobody else's until the next [#clear].
  ByteBuffer take(int bytes) {
    int at = Math.ceilDiv(memory.position(), ALIGNMENT) * ALIGNMENT;
    if (at + (long) bytes > memory.capacity()) {
      // Who took from the old memory keeps it alive.
      memory = allocate(Math.max(Math.multiplyExact(2, memory.capacity()), bytes));
      at = 0;
    }
    memory.position(at + bytes);
    return memory.slice(at, bytes).order(ByteOrder.nativeOrder());
  }

  private static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocateDirect(Math.addExact(bytes, ALIGNMENT)).alignedSlice(ALIGNMENT);
  }
}
