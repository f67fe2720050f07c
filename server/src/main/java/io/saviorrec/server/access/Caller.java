package io.saviorrec.server.access;

import java.util.Set;

/// Somebody who calls the server, and what it may do.
///
/// @param name of its token or certificate, for logs
public record Caller(String name, Set<Right> rights) {
  public Caller {
    rights = Set.copyOf(rights);
  }

  public boolean may(Right right) {
    return rights.contains(right);
  }
}
