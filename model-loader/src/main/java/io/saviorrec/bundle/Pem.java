package io.saviorrec.bundle;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;

/// One PEM file: a label and the bytes that it holds, as OpenSSL writes keys.
final class Pem {

  static final String PRIVATE_KEY = "PRIVATE KEY";
  static final String PUBLIC_KEY = "PUBLIC KEY";

  /// A key of ours has some 120 bytes.
  private static final int MAX_BYTES = 1 << 14;

  private static final int LINE_CHARS = 64;

  private Pem() {}

  /// The bytes of a file under this label; text around them, which OpenSSL may write, is skipped.
  ///
  /// @throws BundleException when it cannot be read or holds no such thing
  static byte[] read(Path file, String label) {
    String text;
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new BundleException("%s is too large for a key in PEM".formatted(file));
      }
      text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw new BundleException("%s, a key file, does not exist".formatted(file), e);
    } catch (IOException e) {
      throw new BundleException("%s, a key file, cannot be read: %s".formatted(file, e), e);
    }
    int begin = text.indexOf(begin(label));
    int end = begin < 0 ? -1 : text.indexOf(end(label), begin);
    if (end < 0) {
      throw new BundleException(
          "%s holds no '%s'; an Ed25519 key in PEM is needed, as savior bundle keygen makes it"
              .formatted(file, begin(label)));
    }
    try {
      return Base64.getMimeDecoder().decode(text.substring(begin + begin(label).length(), end));
    } catch (IllegalArgumentException e) {
      throw new BundleException("%s is damaged: it is not base64".formatted(file), e);
    }
  }

  /// The text of a file.
  static String text(String label, byte[] bytes) {
    String body = Base64.getMimeEncoder(LINE_CHARS, new byte[] {'\n'}).encodeToString(bytes);
    return begin(label) + "\n" + body + "\n" + end(label) + "\n";
  }

  private static String begin(String label) {
    return "-----BEGIN " + label + "-----";
  }

  private static String end(String label) {
    return "-----END " + label + "-----";
  }
}
