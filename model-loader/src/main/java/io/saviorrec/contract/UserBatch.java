package io.saviorrec.contract;

import java.util.List;

/// Users whose states are computed in one call.
public record UserBatch(List<User> users) {
  private static final float[] NO_TASTE = {};

  /// One user, and how its history differs from that of a state which is there already.
  ///
  /// @param slot the row that the state is put into
  /// @param previous the row of the state to start from; [RankerContract#NO_USER]: an empty history
  /// @param userId the user's raw id
  /// @param profile rows of the profile columns, `[P]`
  /// @param context rows of the context columns, `[X]`
  /// @param added slots of the items that the history has and that of `previous` has not
  /// @param removed slots of the items that the history of `previous` has and this one has not
  /// @param historyLength known items of the whole history
  /// @param taste the user's taste profile, `[W]` of the manifest; empty: the model takes none
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  public record User(
      int slot,
      int previous,
      long userId,
      long[] profile,
      long[] context,
      int[] added,
      int[] removed,
      int historyLength,
      float[] taste) {

    /// A user of a model that takes no taste profiles.
    public User(
        int slot,
        int previous,
        long userId,
        long[] profile,
        long[] context,
        int[] added,
        int[] removed,
        int historyLength) {
      this(slot, previous, userId, profile, context, added, removed, historyLength, NO_TASTE);
    }

    /// A user whose state starts from nothing.
    public static User of(int slot, EncodedRequest request, int[] historySlots, float[] taste) {
      return new User(
          slot,
          RankerContract.NO_USER,
          request.userId(),
          request.profile(),
          request.context(),
          historySlots,
          new int[0],
          historySlots.length,
          taste);
    }
  }

  public UserBatch {
    users = List.copyOf(users);
    if (users.isEmpty()) {
      throw new IllegalArgumentException("A batch needs at least one user");
    }
  }

  /// A batch of one user.
  public static UserBatch of(User user) {
    return new UserBatch(List.of(user));
  }

  int size() {
    return users.size();
  }

  /// Items that are named, in all.
  int items() {
    int items = 0;
    for (User user : users) {
      items += user.added.length + user.removed.length;
    }
    return items;
  }
}
