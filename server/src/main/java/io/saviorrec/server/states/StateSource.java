package io.saviorrec.server.states;

/// The keys of a table's states, and what the states are computed from.
///
/// Keys come in batches, so that they need not be objects: a batch of items is an array of their
/// ids.
///
/// @param <B> a batch of keys
interface StateSource<B> {
  /// What was read of some keys at one time.
  interface Findings {
    /// Whether anything is known of the key at this place.
    boolean known(int place);

    /// Whether nothing newer than what was read is known by now.
    boolean current(int place);

    /// Computes states and puts them into slots, which nobody else reads yet.
    ///
    /// @param places which of the keys that were read, ascending
    void compute(int[] slots, int[] places);
  }

  int size(B keys);

  /// A hash of a key that is well spread over all bits.
  int hash(B keys, int place);

  /// Whether this is the key that was last put into the slot.
  boolean holds(int slot, B keys, int place);

  /// Writes down whose state the slot is; nobody reads it meanwhile.
  void assign(int slot, B keys, int place);

  /// Whether the state in the slot, which may be computed at this moment, is still what would be
  /// computed now.
  boolean fresh(int slot);

  /// The keys at these places.
  B select(B keys, int[] places);

  /// The key, for errors.
  String describe(B keys, int place);

  /// What is known of these keys, of all at once.
  Findings read(B keys);
}
