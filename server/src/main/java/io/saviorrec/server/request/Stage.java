package io.saviorrec.server.request;

/// The stages of a call, in the order in which it goes through them; each is one value of the
/// metrics' `stage` tag.
public enum Stage {
  /// From the call's headers to its message as an object.
  DECODE,
  /// Until it is known whether the call is taken on.
  ADMIT,
  /// Choosing the model, and checking and encoding the request for it.
  ROUTE,
  /// Waiting for a thread.
  QUEUE,
  /// Looking up items and computing the states of those not cached.
  ITEMS,
  /// Running the model.
  COMPUTE,
  /// From the answer as an object to the last of its bytes handed to the socket.
  RESPOND
}
