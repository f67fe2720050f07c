package io.saviorrec.client;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What a client says who it is by, `authorization: Bearer TOKEN`; never shown.
///
/// @param text the token itself; null when it is in a file
/// @param file a file with the token alone, read again while the client runs; null when it is
///   `text`
/// @param plaintext whether it may cross a network unencrypted; to this machine it always may
public record Token(@Nullable String text, @Nullable Path file, boolean plaintext) {
  public Token {
    if ((text == null) == (file == null)) {
      throw new IllegalArgumentException("token: give a text or a file");
    }
    if (text != null && !isToken(text)) {
      throw new IllegalArgumentException(
          "token must be printable ASCII without spaces; it is not shown here");
    }
  }

  public static Token of(String text) {
    return new Token(text, null, false);
  }

  public static Token in(Path file) {
    return new Token(null, file, false);
  }

  /// This token, sent where there is no TLS too. Whoever listens on the way can use it.
  public Token inPlaintext() {
    return new Token(text, file, true);
  }

  static boolean isToken(String text) {
    return text.matches("[!-~]+");
  }

  @Override
  public String toString() {
    return file == null ? "Token[hidden]" : "Token[" + file + "]";
  }
}
