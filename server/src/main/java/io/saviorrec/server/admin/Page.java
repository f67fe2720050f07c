package io.saviorrec.server.admin;

import java.nio.charset.StandardCharsets;

/// An answer over HTTP.
///
/// @param status of HTTP
/// @param type of the content
/// @param policy what a browser may load and run for it
/// @param kept whether the reader's own cache may keep it for an hour
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record Page(int status, String type, byte[] bytes, String policy, boolean kept) {
  private static final String PLAIN = "text/plain; charset=utf-8";
  private static final String JSON = "application/json";

  public Page(int status, String type, String body) {
    this(status, type, body.getBytes(StandardCharsets.UTF_8), StatusPage.POLICY, false);
  }

  public static Page plain(int status, String line) {
    return new Page(status, PLAIN, line + "\n");
  }

  static Page json(String body) {
    return new Page(200, JSON, body + "\n");
  }

  static Page html(String body) {
    return new Page(200, "text/html; charset=utf-8", body);
  }

  /// The content as text.
  public String body() {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
