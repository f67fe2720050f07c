package io.saviorrec.server.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.saviorrec.server.request.RequestException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// What a message may hold, checked on its bytes, before an object is made of them.
///
/// A few bytes on the wire can be many on the heap, so elements are counted and not bytes alone.
/// Fields that the shape does not name are passed over.
final class MessageShape {
  private static final int FIELDS = 32;
  private static final int LIMITS = 24;

  /// No message has nearly as many; walking over millions of them would take the time of others.
  private static final int PASSED_OVER = 1000;

  /// A bound on what is repeated or long.
  ///
  /// @param slot tells the limits of one message apart
  /// @param name of what is bounded, for errors
  /// @param key of the setting, for errors
  /// @param heap bytes on the heap of one element, with what is made of it up to the answer
  record Limit(int slot, String name, String key, int most, int heap) {}

  /// What was counted in a message.
  ///
  /// @param heap bytes on the heap that it and what is made of it will take, beside its own bytes
  /// @param elements of each limit, by its slot
  record Counts(long heap, int[] elements) {}

  private enum Kind {
    NUMBERS,
    FLOATS,
    TEXT,
    BYTES,
    MESSAGES
  }

  private record Field(Kind kind, Limit limit, @Nullable MessageShape message) {
    Field(Kind kind, Limit limit) {
      this(kind, limit, null);
    }

    /// Whether one is enough, as of a text; several are merged, or the last one counts.
    boolean single() {
      return kind == Kind.TEXT || limit.most() == Integer.MAX_VALUE;
    }
  }

  private final @Nullable Field[] fields = new @Nullable Field[FIELDS];
  private boolean perElement;

  /// A message of which nothing is bounded but its length.
  MessageShape() {}

  /// Counts anew in each message of this shape, where several are in one request.
  MessageShape perElement() {
    perElement = true;
    return this;
  }

  /// A field of repeated whole numbers, packed or not.
  MessageShape numbers(int number, Limit limit) {
    fields[number] = new Field(Kind.NUMBERS, limit);
    return this;
  }

  /// A field of repeated floats, packed or not.
  MessageShape floats(int number, Limit limit) {
    fields[number] = new Field(Kind.FLOATS, limit);
    return this;
  }

  /// A text, which is bounded in bytes.
  MessageShape text(int number, Limit limit) {
    fields[number] = new Field(Kind.TEXT, limit);
    return this;
  }

  /// A field of repeated bytes; `heap` of the limit is what is made of each byte.
  MessageShape bytes(int number, Limit limit) {
    fields[number] = new Field(Kind.BYTES, limit);
    return this;
  }

  /// A field of messages or entries of a map, which are not looked into.
  MessageShape messages(int number, Limit limit) {
    fields[number] = new Field(Kind.MESSAGES, limit);
    return this;
  }

  /// A field of messages with a shape of their own.
  MessageShape messages(int number, Limit limit, MessageShape message) {
    fields[number] = new Field(Kind.MESSAGES, limit, message);
    return this;
  }

  /// Counts what a message holds.
  ///
  /// @throws RequestException INVALID_ARGUMENT when there is more of something than there may be
  /// @throws IOException when these bytes are no message
  Counts check(byte[] body) throws IOException {
    Walk walk = new Walk(body);
    walk.message(this, body.length);
    walk.requireWithin();
    return new Counts(walk.heap, walk.counts);
  }

  /// One pass over one message.
  private static final class Walk {
    private final byte[] body;
    private final CodedInputStream in;
    private final int[] counts = new int[LIMITS];
    private @Nullable Limit exceeded;
    private long heap;

    Walk(byte[] body) {
      this.body = body;
      this.in = CodedInputStream.newInstance(body);
    }

    void message(MessageShape shape, int end) throws IOException {
      int passedOver = 0;
      while (in.getTotalBytesRead() < end) {
        int tag = in.readTag();
        int number = WireFormat.getTagFieldNumber(tag);
        Field field = number < FIELDS ? shape.fields[number] : null;
        if ((field == null || field.single()) && ++passedOver > PASSED_OVER) {
          throw RequestException.invalid(
              "a message has more than " + PASSED_OVER + " fields that are not repeated");
        }
        if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
          value(field, in.readRawVarint32());
        } else {
          if (field != null && (field.kind() == Kind.NUMBERS || field.kind() == Kind.FLOATS)) {
            count(field.limit(), 1);
          }
          if (!in.skipField(tag)) {
            throw new IOException("the end of a group that did not begin");
          }
        }
      }
    }

    private void value(@Nullable Field field, int length) throws IOException {
      if (field == null) {
        heap += length;
        in.skipRawBytes(length);
        return;
      }
      int start = in.getTotalBytesRead();
      switch (field.kind()) {
        case NUMBERS -> {
          in.skipRawBytes(length);
          count(field.limit(), numbers(start, length));
        }
        case FLOATS -> {
          in.skipRawBytes(length);
          count(field.limit(), length / Float.BYTES);
        }
        case TEXT -> {
          in.skipRawBytes(length);
          requireShort(field.limit(), length);
        }
        case BYTES -> {
          in.skipRawBytes(length);
          count(field.limit(), 1);
          heap += (long) length * field.limit().heap();
        }
        case MESSAGES -> {
          count(field.limit(), 1);
          heap += length;
          if (field.message() == null) {
            in.skipRawBytes(length);
          } else {
            nested(field.message(), start, length);
          }
        }
      }
    }

    private void nested(MessageShape shape, int start, int length) throws IOException {
      if (shape.perElement) {
        for (Field each : shape.fields) {
          if (each != null) {
            if (each.limit().equals(exceeded)) {
              requireWithin();
            }
            counts[each.limit().slot()] = 0;
          }
        }
      }
      int outer = in.pushLimit(length);
      message(shape, start + length);
      in.popLimit(outer);
    }

    /// Whole numbers end with a byte whose highest bit is not set.
    private int numbers(int start, int length) {
      int numbers = 0;
      for (int i = start; i < start + length; i++) {
        numbers += body[i] >= 0 ? 1 : 0;
      }
      return numbers;
    }

    private void count(Limit limit, int more) {
      heap += (long) more * limit.heap();
      counts[limit.slot()] += more;
      if (exceeded == null && counts[limit.slot()] > limit.most()) {
        exceeded = limit;
      }
    }

    /// Asked at the end, so that the error says how many there were.
    void requireWithin() {
      Limit limit = exceeded;
      if (limit != null) {
        throw RequestException.invalid(
            limit.name()
                + " has "
                + counts[limit.slot()]
                + " entries; the most is "
                + limit.key()
                + " = "
                + limit.most());
      }
    }

    private static void requireShort(Limit limit, int length) {
      if (length > limit.most()) {
        throw RequestException.invalid(
            limit.name()
                + " has "
                + length
                + " bytes; the most is "
                + limit.key()
                + " = "
                + limit.most());
      }
    }
  }
}
