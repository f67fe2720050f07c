package io.saviorrec.exposure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;

/// Reads exposure files.
public final class ExposureReader {
  private ExposureReader() {}

  /// Hands on each row of a file, in order.
  ///
  /// @throws IOException when the file cannot be read, or is no such file
  public static void read(Path file, Consumer<Exposure> rows) throws IOException {
    try (DataFileReader<GenericRecord> in =
        new DataFileReader<>(
            file.toFile(), new GenericDatumReader<>(null, ExposureSchema.SCHEMA))) {
      while (in.hasNext()) {
        rows.accept(exposure(in.next()));
      }
      // To Avro a block that is cut off is an end like any other.
      if (in.previousSync() != Files.size(file)) {
        throw new IOException("it is cut off");
      }
    } catch (AvroRuntimeException e) {
      throw new IOException("it is damaged", e);
    }
  }

  private static Exposure exposure(GenericRecord row) {
    return new Exposure(
        text(row, ExposureSchema.REQUEST_ID),
        number(row, ExposureSchema.TIME_MS),
        number(row, ExposureSchema.USER_ID),
        text(row, ExposureSchema.UNIT),
        text(row, ExposureSchema.BUCKET),
        text(row, ExposureSchema.MODEL),
        number(row, ExposureSchema.VERSION),
        text(row, ExposureSchema.VARIANT),
        text(row, ExposureSchema.LABEL),
        text(row, ExposureSchema.DEGRADED),
        list(row, ExposureSchema.ITEMS).stream().mapToLong(each -> (Long) each).toArray(),
        floats(row, ExposureSchema.PCTR),
        list(row, ExposureSchema.SOURCES).stream().map(Object::toString).toArray(String[]::new),
        floats(row, ExposureSchema.PCTR_BASE),
        values(row, ExposureSchema.CONTEXT),
        values(row, ExposureSchema.PROFILE));
  }

  private static String text(GenericRecord row, String field) {
    return row.get(field).toString();
  }

  private static long number(GenericRecord row, String field) {
    return (Long) row.get(field);
  }

  private static Collection<?> list(GenericRecord row, String field) {
    return (Collection<?>) row.get(field);
  }

  private static float[] floats(GenericRecord row, String field) {
    Collection<?> list = list(row, field);
    float[] floats = new float[list.size()];
    int i = 0;
    for (Object each : list) {
      floats[i++] = (Float) each;
    }
    return floats;
  }

  private static Map<String, Object> values(GenericRecord row, String field) {
    Map<String, Object> values = new HashMap<>();
    ((Map<?, ?>) row.get(field))
        .forEach(
            (name, value) ->
                values.put(
                    name.toString(), value instanceof Double number ? number : value.toString()));
    return values;
  }
}
