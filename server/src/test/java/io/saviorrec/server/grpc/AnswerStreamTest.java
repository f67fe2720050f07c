package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.contract.RequestNotes;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.server.scoring.ScoreAnswer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AnswerStreamTest {
  private static final int ANSWERS = 2000;

  @Test
  void writesTheBytesThatTheMessageWrites() throws IOException {
    Random random = new Random(7);
    for (int i = 0; i < ANSWERS; i++) {
      ScoreAnswer answer = answer(random);
      byte[] expected = answer.toMessage().toByteArray();

      assertThat(new AnswerStream(answer).available())
          .as("answer %d", i)
          .isEqualTo(expected.length);
      assertThat(drained(answer)).as("answer %d", i).isEqualTo(expected);
      assertThat(new AnswerStream(answer).readAllBytes()).isEqualTo(expected);
      assertThat(ScoreResponse.parseFrom(drained(answer))).isEqualTo(answer.toMessage());
    }
  }

  @Test
  void givesItsBytesOnce() throws IOException {
    ScoreAnswer answer = answer(new Random(8));
    int size = answer.toMessage().getSerializedSize();
    AnswerStream drained = new AnswerStream(answer);
    assertThat(drained.drainTo(new ByteArrayOutputStream())).isEqualTo(size);
    assertThat(drained.available()).isZero();
    assertThat(drained.drainTo(new ByteArrayOutputStream())).isZero();
    assertThat(drained.read()).isEqualTo(-1);

    AnswerStream begun = new AnswerStream(answer);
    assertThat(begun.read()).isPositive();
    assertThat(begun.available()).isEqualTo(size - 1);
    assertThat(begun.drainTo(new ByteArrayOutputStream())).isEqualTo(size - 1);
    assertThat(begun.available()).isZero();
  }

  private static byte[] drained(ScoreAnswer answer) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    assertThat(new AnswerStream(answer).drainTo(bytes)).isEqualTo(bytes.size());
    return bytes.toByteArray();
  }

  /// Zeros, which are not written, and numbers of every length.
  private static ScoreAnswer answer(Random random) {
    int count = random.nextInt(4) == 0 ? random.nextInt(2000) : random.nextInt(4);
    long[] items = new long[count];
    float[] pctr = new float[count];
    byte[] sources = new byte[count];
    for (int i = 0; i < count; i++) {
      items[i] = number(random);
      pctr[i] =
          switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> -0f;
            default -> random.nextFloat();
          };
      sources[i] = (byte) random.nextInt(5);
    }
    return new ScoreAnswer(
        text(random),
        text(random),
        number(random),
        text(random),
        text(random),
        text(random),
        random.nextBoolean() ? null : random.ints(count, 0, 100_000).toArray(),
        random.nextBoolean(),
        items,
        random.nextBoolean() ? null : keys(random, count),
        pctr,
        sources,
        (int) number(random),
        new ScoreAnswer.Micros(number(random), number(random), number(random), number(random)),
        Degradation.forNumber(random.nextInt(3)),
        new RequestNotes(
            random.nextInt(300), random.nextBoolean() ? List.of() : List.of("", "größe")));
  }

  private static @Nullable String[] keys(Random random, int count) {
    @Nullable String[] keys = new String[count];
    for (int i = 0; i < count; i++) {
      keys[i] = random.nextBoolean() ? null : text(random);
    }
    return keys;
  }

  private static long number(Random random) {
    return random.nextInt(4) == 0 ? 0 : random.nextLong() >> random.nextInt(64);
  }

  private static String text(Random random) {
    return random.nextInt(3) == 0 ? "" : "ä€𝄞x".repeat(random.nextInt(60));
  }
}
