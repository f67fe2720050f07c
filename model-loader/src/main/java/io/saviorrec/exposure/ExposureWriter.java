package io.saviorrec.exposure;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;

/// Writes one exposure file: an Avro object container, deflated block by block.
public final class ExposureWriter implements AutoCloseable {
  /// Of nine; the next ones take far more time for little.
  private static final int DEFLATE_LEVEL = 1;

  private final FileChannel channel;
  private final DataFileWriter<GenericRecord> out;

  private ExposureWriter(FileChannel channel) throws IOException {
    this.channel = channel;
    this.out =
        new DataFileWriter<GenericRecord>(new GenericDatumWriter<>(ExposureSchema.SCHEMA))
            .setCodec(CodecFactory.deflateCodec(DEFLATE_LEVEL));
    out.create(ExposureSchema.SCHEMA, Channels.newOutputStream(channel));
  }

  /// Begins a file, in the place of one of that name.
  public static ExposureWriter create(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    try {
      return new ExposureWriter(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /// Appends a row; blocks of them reach the disk.
  public void write(Exposure exposure) throws IOException {
    GenericRecord row = new GenericData.Record(ExposureSchema.SCHEMA);
    row.put(ExposureSchema.REQUEST_ID, exposure.requestId());
    row.put(ExposureSchema.TIME_MS, exposure.timeMillis());
    row.put(ExposureSchema.USER_ID, exposure.userId());
    row.put(ExposureSchema.UNIT, exposure.unit());
    row.put(ExposureSchema.BUCKET, exposure.bucket());
    row.put(ExposureSchema.MODEL, exposure.model());
    row.put(ExposureSchema.VERSION, exposure.version());
    row.put(ExposureSchema.VARIANT, exposure.variant());
    row.put(ExposureSchema.LABEL, exposure.label());
    row.put(ExposureSchema.DEGRADED, exposure.degraded());
    row.put(ExposureSchema.ITEMS, Arrays.stream(exposure.items()).boxed().toList());
    row.put(ExposureSchema.PCTR, list(exposure.pctr()));
    row.put(ExposureSchema.RANKS, Arrays.stream(exposure.ranks()).boxed().toList());
    row.put(ExposureSchema.SOURCES, List.of(exposure.sources()));
    row.put(ExposureSchema.PCTR_BASE, list(exposure.pctrBase()));
    row.put(ExposureSchema.CONTEXT, exposure.context());
    row.put(ExposureSchema.PROFILE, exposure.profile());
    out.append(row);
  }

  private static List<Float> list(float[] numbers) {
    List<Float> list = new ArrayList<>(numbers.length);
    for (float number : numbers) {
      list.add(number);
    }
    return list;
  }

  /// Bytes of the blocks that are written.
  public long bytes() throws IOException {
    return channel.position();
  }

  /// Writes what is left and waits until the disk has all of it.
  @Override
  public void close() throws IOException {
    try {
      out.flush();
      channel.force(true);
    } finally {
      abandon();
    }
  }

  /// Lets go of a file that nobody will finish.
  public void abandon() throws IOException {
    channel.close();
  }
}
