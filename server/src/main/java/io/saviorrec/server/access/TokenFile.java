package io.saviorrec.server.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Callers by the hash of their token, one a line: name, rights, SHA-256 in hexadecimal.
///
/// The tokens themselves are nowhere on the server. They are long and random, so a plain hash of
/// one cannot be turned back.
public final class TokenFile {
  private static final int MOST_CALLERS = 1000;
  private static final int TOKEN_BYTES = 32;

  /// Longer than any token that is made here; what is longer is not even hashed.
  private static final int LONGEST_TOKEN = 512;

  /// One line.
  @SuppressWarnings("ArrayRecordComponent") // compared in constant time
  private record Entry(Caller caller, byte[] hash) {}

  private final List<Entry> entries;

  private TokenFile(List<Entry> entries) {
    this.entries = entries;
  }

  /// Reads a file's text; empty lines and those that begin with `#` say nothing.
  ///
  /// @throws IllegalArgumentException naming the line that is wrong
  static TokenFile parse(String text) {
    List<Entry> entries = new ArrayList<>();
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        try {
          entries.add(entry(line));
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException("line " + (i + 1) + ": " + e.getMessage(), e);
        }
      }
    }
    if (entries.size() > MOST_CALLERS) {
      throw new IllegalArgumentException("more than " + MOST_CALLERS + " callers");
    }
    return new TokenFile(entries);
  }

  /// The line's own words are kept out of errors: it may be a token that was put there by mistake.
  private static Entry entry(String line) {
    String[] words = line.split("\\s+", -1);
    if (words.length != 3 || !words[2].matches("[0-9a-fA-F]{64}")) {
      throw new IllegalArgumentException("is not NAME RIGHTS SHA-256");
    }
    requireName(words[0]);
    return new Entry(
        new Caller(words[0], Right.parse(words[1])), HexFormat.of().parseHex(words[2]));
  }

  private static void requireName(String name) {
    if (!name.matches("[A-Za-z0-9._@-]{1,64}")) {
      throw new IllegalArgumentException("a name is up to 64 letters, digits and any of . _ @ -");
    }
  }

  /// The caller with this token, or null. Looks at every line, and at each in constant time, so
  /// that the time tells nothing.
  @Nullable Caller find(String token) {
    if (token.length() > LONGEST_TOKEN) {
      return null;
    }
    byte[] hash = hash(token);
    Caller found = null;
    for (Entry entry : entries) {
      if (MessageDigest.isEqual(entry.hash, hash)) {
        found = entry.caller;
      }
    }
    return found;
  }

  /// A new token, of 256 random bits.
  public static String newToken() {
    byte[] random = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(random);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
  }

  /// The line of a caller with this token.
  ///
  /// @throws IllegalArgumentException when the name cannot be one
  public static String line(String name, Set<Right> rights, String token) {
    requireName(name);
    return name
        + " "
        + rights.stream().sorted().map(Right::word).collect(Collectors.joining(","))
        + " "
        + HexFormat.of().formatHex(hash(token));
  }

  private static byte[] hash(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
