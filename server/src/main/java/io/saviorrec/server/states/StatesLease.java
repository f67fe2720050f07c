package io.saviorrec.server.states;

import java.util.List;

/// The states that some requests need, one behind the other. None of them is replaced before
/// [#close], which the caller does when the engine no longer reads them.
public final class StatesLease implements AutoCloseable {
  private final Lease users;
  private final Lease items;
  private final List<RequestStates> requests;

  StatesLease(Lease users, Lease items, List<RequestStates> requests) {
    this.users = users;
    this.items = items;
    this.requests = requests;
  }

  /// Of the first request, which is the only one mostly.
  public RequestStates first() {
    return requests.getFirst();
  }

  /// Of each request, in their order.
  public List<RequestStates> requests() {
    return requests;
  }

  @Override
  public void close() {
    users.close();
    items.close();
  }
}
