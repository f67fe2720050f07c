package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import java.time.Duration;

/// What calls may take of the server's memory and time.
///
/// @param inFlightBytes the memory that all calls together may hold while they are decoded, wait,
///   run, and until their answers are sent
/// @param connectionBytes the part of it that the calls of one connection may hold
/// @param scoreBytes the longest scoring request, decompressed
/// @param upsertBytes the longest upsert, decompressed
/// @param lookupBytes the longest item lookup, decompressed, and the longest message to health and
///   reflection
/// @param history the longest history that is read; models look at less of it
/// @param mapEntries the most entries of context and profile, and of an item's statistics and
///   features
/// @param requestIdChars the longest request id
/// @param longestCall when a call ends that has no deadline, or a later one
/// @param streams the most health watches, reflection streams and streams of scoring requests at
///   one time
public record LimitsConfig(
    long inFlightBytes,
    long connectionBytes,
    int scoreBytes,
    int upsertBytes,
    int lookupBytes,
    int history,
    int mapEntries,
    int requestIdChars,
    Duration longestCall,
    int streams) {
  private static final int MIB = 1 << 20;

  static final LimitsConfig DEFAULT =
      new LimitsConfig(
          Runtime.getRuntime().maxMemory() / 4,
          Runtime.getRuntime().maxMemory() / 8,
          MIB,
          20 * MIB,
          64 << 10,
          10_000,
          1_000,
          256,
          Duration.ofSeconds(60),
          100);

  public LimitsConfig {
    Check.all(
        check ->
            check
                .range("inFlightBytes", inFlightBytes, MIB, Long.MAX_VALUE)
                .range("connectionBytes", connectionBytes, MIB, Long.MAX_VALUE)
                .range("scoreBytes", scoreBytes, 1024, 1 << 30)
                .range("upsertBytes", upsertBytes, 1024, 1 << 30)
                .range("lookupBytes", lookupBytes, 1024, 1 << 30)
                .range("history", history, 1, 10_000_000)
                .range("mapEntries", mapEntries, 1, 1_000_000)
                .range("requestIdChars", requestIdChars, 1, 4096)
                .range("longestCall", longestCall, Duration.ofMillis(1), Duration.ofHours(1))
                .range("streams", streams, 1, 1_000_000));
  }
}
