package io.saviorrec.server.proof;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// Spoils messages as they lie on the wire: the same random numbers give the same bytes.
final class WireMutator {
  private static final int LENGTH_DELIMITED = 2;
  private static final int START_GROUP = 3;

  /// One step; some of them make a message that is still valid.
  @FunctionalInterface
  private interface Step {
    byte[] apply(byte[] message, Random random) throws IOException;
  }

  private static final List<Step> STEPS =
      List.of(
          WireMutator::flipBits,
          WireMutator::cutOff,
          WireMutator::overwrite,
          WireMutator::lieAboutALength,
          WireMutator::repeatAField,
          WireMutator::dropAField,
          WireMutator::addARandomField,
          WireMutator::nest,
          WireMutator::openGroups,
          WireMutator::packManyNumbers,
          WireMutator::addManyEmptyMessages,
          WireMutator::addALongText,
          WireMutator::random);

  private WireMutator() {}

  /// One to three steps after another.
  static byte[] mutate(byte[] message, Random random) {
    byte[] mutated = message;
    int steps = 1 + random.nextInt(3);
    try {
      for (int i = 0; i < steps; i++) {
        mutated = STEPS.get(random.nextInt(STEPS.size())).apply(mutated, random);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return mutated;
  }

  static byte[] flipBits(byte[] message, Random random) {
    byte[] mutated = message.clone();
    if (mutated.length > 0) {
      for (int flips = 1 + random.nextInt(8); flips > 0; flips--) {
        mutated[random.nextInt(mutated.length)] ^= (byte) (1 << random.nextInt(8));
      }
    }
    return mutated;
  }

  private static byte[] cutOff(byte[] message, Random random) {
    return Arrays.copyOf(message, random.nextInt(message.length + 1));
  }

  /// A run of continuation bits is a number that never ends.
  private static byte[] overwrite(byte[] message, Random random) {
    byte[] mutated = message.clone();
    if (mutated.length > 0) {
      int from = random.nextInt(mutated.length);
      int to = Math.min(mutated.length, from + 1 + random.nextInt(12));
      Arrays.fill(mutated, from, to, (byte) (random.nextBoolean() ? 0xff : 0x80));
    }
    return mutated;
  }

  private static byte[] lieAboutALength(byte[] message, Random random) {
    List<int[]> fields = fields(message);
    if (fields.isEmpty()) {
      return message;
    }
    byte[] mutated = message.clone();
    int[] field = fields.get(random.nextInt(fields.size()));
    int at = Math.min(field[0] + 1, mutated.length - 1);
    mutated[at] = (byte) random.nextInt(256);
    return mutated;
  }

  private static byte[] repeatAField(byte[] message, Random random) throws IOException {
    List<int[]> fields = fields(message);
    if (fields.isEmpty()) {
      return message;
    }
    int[] field = fields.get(random.nextInt(fields.size()));
    ByteArrayOutputStream mutated = new ByteArrayOutputStream();
    mutated.writeBytes(message);
    for (int copies = 1 + random.nextInt(60); copies > 0; copies--) {
      mutated.write(message, field[0], field[1] - field[0]);
    }
    return mutated.toByteArray();
  }

  private static byte[] dropAField(byte[] message, Random random) {
    List<int[]> fields = fields(message);
    if (fields.isEmpty()) {
      return message;
    }
    int[] field = fields.get(random.nextInt(fields.size()));
    ByteArrayOutputStream mutated = new ByteArrayOutputStream();
    mutated.write(message, 0, field[0]);
    mutated.write(message, field[1], message.length - field[1]);
    return mutated.toByteArray();
  }

  private static byte[] addARandomField(byte[] message, Random random) throws IOException {
    byte[] value = new byte[random.nextInt(40)];
    random.nextBytes(value);
    return append(
        message,
        out -> {
          out.writeTag(1 + random.nextInt(30), random.nextInt(6));
          out.writeRawBytes(value);
        });
  }

  private static byte[] nest(byte[] message, Random random) throws IOException {
    ByteString nested = ByteString.copyFrom(message);
    int field = 1 + random.nextInt(8);
    for (int depth = 1 + random.nextInt(150); depth > 0; depth--) {
      ByteString inner = nested;
      nested = ByteString.copyFrom(append(new byte[0], out -> out.writeBytes(field, inner)));
    }
    return nested.toByteArray();
  }

  private static byte[] openGroups(byte[] message, Random random) throws IOException {
    int field = 1 + random.nextInt(30);
    int depth = 1 + random.nextInt(5000);
    return append(
        message,
        out -> {
          for (int i = 0; i < depth; i++) {
            out.writeTag(field, START_GROUP);
          }
        });
  }

  /// A byte each on the wire and eight in memory: a history, or ids to look up.
  private static byte[] packManyNumbers(byte[] message, Random random) throws IOException {
    ByteString numbers = ByteString.copyFrom(new byte[size(random, 2_000_000)]);
    boolean nested = random.nextBoolean();
    byte[] field = append(new byte[0], out -> out.writeBytes(nested ? 3 : 1, numbers));
    return nested
        ? append(message, out -> out.writeByteArray(5, field))
        : append(message, out -> out.writeRawBytes(field));
  }

  /// A scoring request whose user has clicked that often on item 0.
  static byte[] history(int clicks) {
    try {
      byte[] user =
          append(new byte[0], out -> out.writeBytes(3, ByteString.copyFrom(new byte[clicks])));
      return append(new byte[0], out -> out.writeByteArray(5, user));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Two bytes each on the wire and an object each in memory.
  private static byte[] addManyEmptyMessages(byte[] message, Random random) throws IOException {
    int field = 1 + random.nextInt(8);
    int count = size(random, 200_000);
    return append(
        message,
        out -> {
          for (int i = 0; i < count; i++) {
            out.writeTag(field, LENGTH_DELIMITED);
            out.writeUInt32NoTag(0);
          }
        });
  }

  private static byte[] addALongText(byte[] message, Random random) throws IOException {
    byte[] text = new byte[size(random, 400_000)];
    Arrays.fill(text, (byte) (random.nextInt(4) == 0 ? 0xfe : 'x'));
    int field = 1 + random.nextInt(6);
    return append(message, out -> out.writeByteArray(field, text));
  }

  private static byte[] random(byte[] message, Random random) {
    byte[] bytes = new byte[random.nextInt(300)];
    random.nextBytes(bytes);
    return bytes;
  }

  /// Mostly small, now and then large.
  private static int size(Random random, int most) {
    return (int) (most * Math.pow(random.nextDouble(), 8));
  }

  @FunctionalInterface
  private interface Writer {
    void write(CodedOutputStream out) throws IOException;
  }

  private static byte[] append(byte[] message, Writer writer) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(message);
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    writer.write(out);
    out.flush();
    return bytes.toByteArray();
  }

  /// Where each field of the message starts and ends, as far as it can be read.
  private static List<int[]> fields(byte[] message) {
    List<int[]> fields = new ArrayList<>();
    CodedInputStream in = CodedInputStream.newInstance(message);
    try {
      while (!in.isAtEnd()) {
        int start = in.getTotalBytesRead();
        int tag = in.readTag();
        if (tag == 0 || !in.skipField(tag)) {
          break;
        }
        fields.add(new int[] {start, in.getTotalBytesRead()});
      }
    } catch (IOException _) {
      // What came before it can still be spoilt in its place.
    }
    return fields;
  }
}
