package io.saviorrec.server.states;

import io.saviorrec.contract.EncodedRequest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A user as a state is computed from it, which is the state's key, and what is remembered of that.
final class CachedUser {
  final long userId;
  final long[] profile;
  final long[] context;
  final long[] history;

  /// The request's own taste profile; null: the bundle's, which goes by the user's id.
  final float @Nullable [] taste;

  final long hash;

  /// A count of changes up to which no item of the history has another state than it was computed
  /// from. It only grows, and every value that was ever written is true.
  volatile long freshAt;

  /// Clicks of the history that are known items. This and what follows is written before the state
  /// is complete, and read after it.
  int known;

  /// How often in a row the state was computed by the difference to another.
  int grown;

  CachedUser(EncodedRequest request) {
    this.userId = request.userId();
    this.profile = request.profile();
    this.context = request.context();
    this.history = request.history();
    this.taste = request.taste();
    long rows = Hash.add(Hash.add(userId, request.profile()), request.context());
    long clicks = Hash.add(rows, history);
    this.hash = taste == null ? clicks : Hash.add(clicks, taste);
  }

  /// Whether it has the same state: nothing is left to the hash.
  boolean same(CachedUser other) {
    return hash == other.hash
        && userId == other.userId
        && Arrays.equals(history, other.history)
        && Arrays.equals(context, other.context)
        && Arrays.equals(profile, other.profile)
        && Arrays.equals(taste, other.taste);
  }

  int unknown() {
    return history.length - known;
  }
}
