package io.saviorrec.server.config;

/// What answers: a model, one of its versions, or the version that a label names. Written `MODEL`,
/// `MODEL/VERSION` or `MODEL@LABEL`.
///
/// @param version 0: the one that the label names, or else the model's own choice
/// @param label empty for none
public record Target(String model, long version, String label) {
  /// Reads one as it is written.
  ///
  /// @throws IllegalArgumentException when the text is none
  public static Target parse(String text) {
    int slash = text.indexOf('/');
    int at = text.indexOf('@');
    if (slash < 0 && at < 0) {
      return new Target(named(text, text), 0, "");
    }
    if (slash >= 0 && at >= 0) {
      throw none(text);
    }
    if (at >= 0) {
      return new Target(named(text.substring(0, at), text), 0, named(text.substring(at + 1), text));
    }
    try {
      long version = Long.parseLong(text.substring(slash + 1));
      if (version > 0) {
        return new Target(named(text.substring(0, slash), text), version, "");
      }
    } catch (NumberFormatException _) {
      // Told below, as what it is.
    }
    throw none(text);
  }

  /// Whether a text is one.
  static boolean isTarget(String text) {
    try {
      return !parse(text).model().isEmpty();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private static String named(String name, String text) {
    if (name.isBlank()) {
      throw none(text);
    }
    return name;
  }

  private static IllegalArgumentException none(String text) {
    return new IllegalArgumentException(
        "\"" + text + "\" is no target; write MODEL, MODEL/VERSION or MODEL@LABEL");
  }

  @Override
  public String toString() {
    return version != 0 ? model + "/" + version : label.isEmpty() ? model : model + "@" + label;
  }
}
