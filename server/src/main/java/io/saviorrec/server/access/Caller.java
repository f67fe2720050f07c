package io.saviorrec.server.access;

import java.util.Set;

/// Somebody who calls the server, and what it may do.
///
/// @param name of its token or certificate, for logs
public record Caller(String name, Set<Right> rights) {
  /// The name of somebody who did not say who it is.
  public static final String ANONYMOUS = "anonymous";

  public Caller {
    rights = Set.copyOf(rights);
  }

  public boolean may(Right right) {
    return rights.contains(right);
  }
}
