package io.saviorrec.server.admin;

import java.nio.charset.StandardCharsets;

/// An answer over HTTP.
///
/// @param status of HTTP
/// @param type of the content
public record Page(int status, String type, String body) {
  private static final String PLAIN = "text/plain; charset=utf-8";
  private static final String JSON = "application/json";

  static Page plain(int status, String line) {
    return new Page(status, PLAIN, line + "\n");
  }

  static Page json(String body) {
    return new Page(200, JSON, body + "\n");
  }

  static Page html(String body) {
    return new Page(200, "text/html; charset=utf-8", body);
  }

  byte[] bytes() {
    return body.getBytes(StandardCharsets.UTF_8);
  }
}
