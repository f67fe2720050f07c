package io.saviorrec.server.routing;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.ThreadLocalRandom;

/// Hashes of those whom traffic is divided by: the same in every server, on every machine and in
/// every release, because running experiments hang on them.
public final class UnitHash {
  private static final double STEP = 0x1p-53;

  private UnitHash() {}

  /// Of a request: by the flag that the split goes by, else the user, else the request's own id.
  /// Where it has nothing of these, chance decides.
  ///
  /// @param flag empty: none
  /// @param userId 0: nobody who is known
  public static long of(String flag, long userId, String requestId) {
    if (!flag.isEmpty()) {
      return of(flag);
    }
    if (userId != 0) {
      return mix(userId);
    }
    return requestId.isEmpty() ? ThreadLocalRandom.current().nextLong() : of(requestId);
  }

  private static long of(String text) {
    long h = text.length();
    for (int i = 0; i < text.length(); i++) {
      h = mix(h ^ text.charAt(i));
    }
    return h;
  }

  /// What makes one division of the units independent of any other.
  ///
  /// @param parts of the division's name
  public static long seed(String... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : parts) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
        digest.update(bytes);
      }
      return ByteBuffer.wrap(digest.digest()).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /// A number in (0, 1), evenly spread over the units and independent for different seeds.
  public static double uniform(long unit, long seed) {
    return ((mix(mix(unit ^ seed) + seed) >>> 11) + 0.5) * STEP;
  }

  /// SplitMix64's output function: neighbouring ids land far apart.
  private static long mix(long id) {
    long h = id + 0x9E3779B97F4A7C15L;
    h = (h ^ (h >>> 30)) * 0xBF58476D1CE4E5B9L;
    h = (h ^ (h >>> 27)) * 0x94D049BB133111EBL;
    return h ^ (h >>> 31);
  }
}
