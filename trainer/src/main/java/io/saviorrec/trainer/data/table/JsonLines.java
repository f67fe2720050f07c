package io.saviorrec.trainer.data.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.saviorrec.trainer.data.table.FileFault.Fault;
import org.jspecify.annotations.Nullable;

/// Finds the line of a JSONL file that holds no JSON object.
final class JsonLines implements FileFault.Lines {
  private static final int MAX_BYTES = 16_777_216;

  private final ObjectReader reader =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .reader();

  private long rows;

  @Override
  public int maxBytes() {
    return MAX_BYTES;
  }

  @Override
  public @Nullable Fault fault(String line, long number) {
    if (line.isBlank()) {
      return null;
    }
    rows++;
    try {
      return reader.readTree(line).isObject()
          ? null
          : new Fault(number, "not a JSON object in braces");
    } catch (JsonProcessingException e) {
      return new Fault(number, "not one whole JSON object with each key once");
    }
  }

  @Override
  public @Nullable Fault faultAtEnd() {
    return rows == 0 ? new Fault(1, "no JSON object in the whole file") : null;
  }

  @Override
  public boolean isEnd(int next) {
    return next == '\n';
  }

  @Override
  public boolean wantsMore() {
    return true;
  }
}
