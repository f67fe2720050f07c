package io.saviorrec.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ScratchMemoryTest {
  private final Scratch scratch = new Scratch();

  @Test
  void whatIsTakenOverlapsWithNothing() {
    ByteBuffer[] taken = new ByteBuffer[40];
    for (int i = 0; i < taken.length; i++) {
      taken[i] = scratch.take(i * 100);
      while (taken[i].hasRemaining()) {
        taken[i].put((byte) i);
      }
    }
    for (int i = 0; i < taken.length; i++) {
      taken[i].flip();
      assertThat(taken[i].remaining()).isEqualTo(i * 100);
      while (taken[i].hasRemaining()) {
        assertThat(taken[i].get()).isEqualTo((byte) i);
      }
    }
  }

  @Test
  void clearedMemoryIsTakenAgain() {
    scratch.take(64).put(0, (byte) 7);
    scratch.clear();
    assertThat(scratch.take(64).get(0)).isEqualTo((byte) 7);
  }

  @Test
  void oneInputMayBeLargerThanAllMemoryBefore() {
    assertThat(scratch.take(1 << 20).remaining()).isEqualTo(1 << 20);
    assertThat(scratch.take(3 << 20).remaining()).isEqualTo(3 << 20);
  }
}
