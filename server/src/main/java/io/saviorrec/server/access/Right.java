package io.saviorrec.server.access;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/// What a caller can be allowed to do.
public enum Right {
  /// To ask for scores and for what is known of items.
  SCORE,
  /// To name the version or label that scores.
  CHOOSE,
  /// To send items.
  WRITE,
  /// To see what the server says of itself, but for its health, which everybody sees, and to have
  /// it look for new versions.
  ADMINISTER;

  /// How it is written in settings, files and errors.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Rights as they are written, separated by commas.
  ///
  /// @throws IllegalArgumentException naming a word that is none
  public static Set<Right> parse(String words) {
    Set<Right> rights = EnumSet.noneOf(Right.class);
    for (String word : words.split(",", -1)) {
      rights.add(of(word.strip()));
    }
    return rights;
  }

  private static Right of(String word) {
    for (Right right : values()) {
      if (right.word().equals(word)) {
        return right;
      }
    }
    throw new IllegalArgumentException(
        "\"" + word + "\" is no right; there are score, choose, write and administer");
  }
}
