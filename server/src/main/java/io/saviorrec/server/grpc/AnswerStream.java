package io.saviorrec.server.grpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.Timings;
import io.saviorrec.server.scoring.ScoreAnswer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/// The bytes of a `ScoreResponse`, written from the arrays of an answer: the same that the message
/// itself would write.
final class AnswerStream extends InputStream implements KnownLength, Drainable {
  private static final int MOST_BUFFER = 1024;

  /// One byte each; no field of these messages has a number above 15.
  private static final int TAG = 1;

  private final ScoreAnswer answer;
  private final int timingsSize;
  private final int rankedSize;
  private final int size;

  /// Made when somebody reads byte by byte; gRPC drains.
  private @Nullable InputStream bytes;

  private boolean drained;

  AnswerStream(ScoreAnswer answer) {
    this.answer = answer;
    this.timingsSize = timingsSize();
    this.rankedSize = rankedSize(answer.ranked());
    this.size = size();
  }

  private int size() {
    int total =
        textSize(answer.requestId())
            + textSize(answer.model())
            + numberSize(answer.version())
            + textSize(answer.variant())
            + textSize(answer.bucket())
            + textSize(answer.label())
            + numberSize(answer.unknownHistoryItems())
            + lengthSize(timingsSize);
    int count = answer.pctr().length;
    if (!answer.packed()) {
      for (int i = 0; i < count; i++) {
        total += lengthSize(scoreSize(i));
      }
    }
    if (answer.degraded() != Degradation.DEGRADATION_UNSPECIFIED) {
      total += lengthSize(1);
    }
    if (rankedSize > 0) {
      total += lengthSize(rankedSize);
    }
    total += numberSize(answer.notes().futureClicks());
    for (String column : answer.notes().unusedColumns()) {
      total += TAG + CodedOutputStream.computeStringSizeNoTag(column);
    }
    if (answer.packed() && count > 0) {
      total += lengthSize(Float.BYTES * count) + lengthSize(count);
    }
    return total;
  }

  private static int textSize(String text) {
    return text.isEmpty() ? 0 : TAG + CodedOutputStream.computeStringSizeNoTag(text);
  }

  private static int numberSize(long number) {
    return number == 0 ? 0 : TAG + CodedOutputStream.computeInt64SizeNoTag(number);
  }

  private static int lengthSize(int length) {
    return TAG + CodedOutputStream.computeUInt32SizeNoTag(length) + length;
  }

  private int timingsSize() {
    ScoreAnswer.Micros times = answer.times();
    return numberSize(times.queue())
        + numberSize(times.items())
        + numberSize(times.model())
        + numberSize(times.total());
  }

  private int scoreSize(int i) {
    return numberSize(answer.items()[i])
        + (isZero(answer.pctr()[i]) ? 0 : TAG + Float.BYTES)
        + (answer.sources()[i] == 0 ? 0 : TAG + 1)
        + textSize(answer.itemKey(i));
  }

  private static int rankedSize(int @Nullable [] ranked) {
    int total = 0;
    if (ranked != null) {
      for (int place : ranked) {
        total += CodedOutputStream.computeInt32SizeNoTag(place);
      }
    }
    return total;
  }

  /// As protobuf sees it: -0 is not.
  private static boolean isZero(float number) {
    return Float.floatToRawIntBits(number) == 0;
  }

  private void write(CodedOutputStream out) throws IOException {
    text(out, ScoreResponse.REQUEST_ID_FIELD_NUMBER, answer.requestId());
    text(out, ScoreResponse.MODEL_FIELD_NUMBER, answer.model());
    number(out, ScoreResponse.VERSION_FIELD_NUMBER, answer.version());
    text(out, ScoreResponse.VARIANT_FIELD_NUMBER, answer.variant());
    text(out, ScoreResponse.BUCKET_FIELD_NUMBER, answer.bucket());
    if (!answer.packed()) {
      scores(out);
    }
    number(out, ScoreResponse.UNKNOWN_HISTORY_ITEMS_FIELD_NUMBER, answer.unknownHistoryItems());
    timings(out);
    if (answer.degraded() != Degradation.DEGRADATION_UNSPECIFIED) {
      begin(out, ScoreResponse.DEGRADED_FIELD_NUMBER, 1);
      out.writeUInt32NoTag(answer.degraded().getNumber());
    }
    if (answer.packed() && answer.pctr().length > 0) {
      packedScores(out);
    }
    rest(out);
  }

  private void rest(CodedOutputStream out) throws IOException {
    int[] ranked = answer.ranked();
    if (ranked != null && rankedSize > 0) {
      begin(out, ScoreResponse.RANKED_FIELD_NUMBER, rankedSize);
      for (int place : ranked) {
        out.writeInt32NoTag(place);
      }
    }
    text(out, ScoreResponse.LABEL_FIELD_NUMBER, answer.label());
    number(out, ScoreResponse.FUTURE_CLICKS_FIELD_NUMBER, answer.notes().futureClicks());
    for (String column : answer.notes().unusedColumns()) {
      out.writeString(ScoreResponse.UNUSED_COLUMNS_FIELD_NUMBER, column);
    }
  }

  private void scores(CodedOutputStream out) throws IOException {
    for (int i = 0; i < answer.pctr().length; i++) {
      begin(out, ScoreResponse.SCORES_FIELD_NUMBER, scoreSize(i));
      number(out, Score.ITEM_ID_FIELD_NUMBER, answer.items()[i]);
      if (!isZero(answer.pctr()[i])) {
        out.writeFloat(Score.PCTR_FIELD_NUMBER, answer.pctr()[i]);
      }
      number(out, Score.SOURCE_FIELD_NUMBER, answer.sources()[i]);
      text(out, Score.ITEM_KEY_FIELD_NUMBER, answer.itemKey(i));
    }
  }

  private void packedScores(CodedOutputStream out) throws IOException {
    begin(out, ScoreResponse.PCTR_FIELD_NUMBER, Float.BYTES * answer.pctr().length);
    for (float pctr : answer.pctr()) {
      out.writeFloatNoTag(pctr);
    }
    begin(out, ScoreResponse.SOURCES_FIELD_NUMBER, answer.sources().length);
    for (byte source : answer.sources()) {
      out.writeRawByte(source);
    }
  }

  private void timings(CodedOutputStream out) throws IOException {
    ScoreAnswer.Micros times = answer.times();
    begin(out, ScoreResponse.TIMINGS_FIELD_NUMBER, timingsSize);
    number(out, Timings.QUEUE_US_FIELD_NUMBER, times.queue());
    number(out, Timings.ITEMS_US_FIELD_NUMBER, times.items());
    number(out, Timings.MODEL_US_FIELD_NUMBER, times.model());
    number(out, Timings.TOTAL_US_FIELD_NUMBER, times.total());
  }

  private static void text(CodedOutputStream out, int field, String text) throws IOException {
    if (!text.isEmpty()) {
      out.writeString(field, text);
    }
  }

  private static void number(CodedOutputStream out, int field, long number) throws IOException {
    if (number != 0) {
      out.writeInt64(field, number);
    }
  }

  /// The head of a field that has a length.
  private static void begin(CodedOutputStream out, int field, int length) throws IOException {
    out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(length);
  }

  @Override
  public int drainTo(OutputStream target) throws IOException {
    InputStream read = bytes;
    if (read != null) {
      return Math.toIntExact(read.transferTo(target));
    }
    if (drained) {
      return 0;
    }
    drained = true;
    CodedOutputStream out =
        CodedOutputStream.newInstance(target, Math.max(1, Math.min(MOST_BUFFER, size)));
    write(out);
    out.flush();
    return size;
  }

  @Override
  public int available() throws IOException {
    InputStream read = bytes;
    return read != null ? read.available() : drained ? 0 : size;
  }

  @Override
  public int read() throws IOException {
    return bytes().read();
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    return bytes().read(target, offset, length);
  }

  private InputStream bytes() {
    InputStream read = bytes;
    if (read == null) {
      ByteArrayOutputStream buffer = new ByteArrayOutputStream(size);
      try {
        drainTo(buffer);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      read = new ByteArrayInputStream(buffer.toByteArray());
      bytes = read;
    }
    return read;
  }
}
