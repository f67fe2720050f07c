package io.saviorrec.trainer.data;

/// What counts as a co-click, and the constants of the Swing score.
///
/// @param windowSeconds the longest time between the two clicks
/// @param maxPositionGap how many clicks of the user may lie between them, plus one
/// @param minUsers the fewest distinct users who made the pair
/// @param maxPairUsers users of one pair that are scored; more are sampled, because Swing compares
///   all of them with each other
/// @param maxUserItems the latest clicks of a user that count
/// @param topPerItem partners kept for an item
/// @param alpha Swing's smoothing of the overlap of two users
/// @param userAlpha see `userBeta`
/// @param userBeta a user of n clicked items weighs `(userAlpha + n)^userBeta`
public record CoClickConfig(
    long windowSeconds,
    int maxPositionGap,
    int minUsers,
    int maxPairUsers,
    int maxUserItems,
    int topPerItem,
    double alpha,
    double userAlpha,
    double userBeta) {
  public CoClickConfig {
    positive("windowSeconds", windowSeconds);
    positive("maxPositionGap", maxPositionGap);
    positive("topPerItem", topPerItem);
    positive("maxUserItems", maxUserItems);
    if (minUsers < 2) {
      // Swing compares the users of a pair with each other.
      throw new IllegalArgumentException("minUsers must be at least 2 but was " + minUsers);
    }
    if (maxPairUsers < minUsers) {
      throw new IllegalArgumentException(
          "maxPairUsers must be at least minUsers (%d) but was %d"
              .formatted(minUsers, maxPairUsers));
    }
    if (!(alpha > 0) || !(userAlpha >= 0) || !Double.isFinite(userBeta)) {
      throw new IllegalArgumentException(
          "alpha must be positive, userAlpha not negative and userBeta finite but were %s, %s, %s"
              .formatted(alpha, userAlpha, userBeta));
    }
  }

  /// A day, 20 positions, 3 users, and the constants of the published implementation of Swing.
  public static CoClickConfig defaults() {
    return new CoClickConfig(86_400, 20, 3, 100, 1_000, 20, 1, 5, -0.35);
  }

  public CoClickConfig withMinUsers(int users) {
    return new CoClickConfig(
        windowSeconds,
        maxPositionGap,
        users,
        Math.max(maxPairUsers, users),
        maxUserItems,
        topPerItem,
        alpha,
        userAlpha,
        userBeta);
  }

  private static void positive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1 but was " + value);
    }
  }
}
