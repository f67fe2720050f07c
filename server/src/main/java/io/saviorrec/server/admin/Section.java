package io.saviorrec.server.admin;

import io.saviorrec.server.access.Caller;
import java.util.Map;

/// A part of the admin port with pages of its own, for who has the right `administer`. It is asked
/// on threads of its own, and may take time.
public interface Section {
  /// What was asked for.
  ///
  /// @param path below the section's own; empty: the section itself
  /// @param query by names; of a name that occurs twice the first
  /// @param caller who asks
  /// @param body what came along; empty but for changes
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Asked(String path, Map<String, String> query, Caller caller, byte[] body) {}

  /// Where its paths begin, as in `/explore`.
  String root();

  /// Whether something is changed by who asks for this path, so that it takes a POST of JSON from
  /// who has the right `write`.
  boolean isChange(String path);

  /// The most bytes that may come along.
  int mostBytes();

  /// Answers; never throws.
  Page answer(Asked asked);
}
