package io.saviorrec.content;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Locale;

/// A part of an item's words.
public enum TextPart {
  @JsonProperty("title")
  TITLE,
  @JsonProperty("category")
  CATEGORY,
  /// All further text.
  @JsonProperty("text")
  TEXT;

  /// Every part, in the order in which an encoder reads them.
  public static final List<TextPart> ALL = List.of(values());

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
