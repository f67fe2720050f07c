package io.saviorrec.server.request;

import java.nio.charset.StandardCharsets;

/// The text of an error as a caller gets it: short and printable, whatever the caller had sent.
public final class ErrorText {
  private static final int QUOTED_CHARS = 100;

  /// Statuses travel in headers, percent-encoded; clients take 8 KB of headers at most.
  private static final int ENCODED_BYTES = 1024;

  private static final char CUT = '…';

  private ErrorText() {}

  /// What a caller sent, in quotation marks and cut to 100 characters.
  public static String quote(String sent) {
    return '"' + cut(sent) + '"';
  }

  /// What a caller sent, cut to 100 characters.
  public static String cut(String sent) {
    if (sent.length() <= QUOTED_CHARS) {
      return printable(sent);
    }
    int end =
        Character.isHighSurrogate(sent.charAt(QUOTED_CHARS - 1)) ? QUOTED_CHARS - 1 : QUOTED_CHARS;
    return printable(sent.substring(0, end)) + CUT;
  }

  /// A whole message, cut to about 1 KB as it travels.
  public static String limit(String message) {
    int bytes = 0;
    for (int at = 0; at < message.length(); ) {
      int character = message.codePointAt(at);
      bytes += encodedBytes(character);
      if (bytes > ENCODED_BYTES) {
        return printable(message.substring(0, at)) + CUT;
      }
      at += Character.charCount(character);
    }
    return printable(message);
  }

  private static int encodedBytes(int character) {
    if (character >= ' ' && character <= '~' && character != '%') {
      return 1;
    }
    return 3 * Character.toString(character).getBytes(StandardCharsets.UTF_8).length;
  }

  private static boolean hidden(int character) {
    return Character.isISOControl(character) || Character.getType(character) == Character.FORMAT;
  }

  /// Line ends and other control characters would break a log's lines, and some of those for
  /// formatting turn a text round.
  private static String printable(String text) {
    boolean clean = text.chars().noneMatch(ErrorText::hidden);
    return clean ? text : text.replaceAll("[\\p{Cc}\\p{Cf}]", "?");
  }
}
