package io.saviorrec.feature;

import java.nio.charset.StandardCharsets;

/// The hash of categorical feature values: 64-bit FNV-1a over UTF-8, finished by MurmurHash3's mix.
///
/// Models depend on it: the trainer and the server must map a value to the same row, so it must
/// never change within a format version. FNV-1a alone spreads short strings poorly over its high
/// and low bits; the finaliser (`fmix64`) repairs that.
public final class FeatureHasher {

  private static final long FNV_OFFSET_BASIS = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private FeatureHasher() {}

  /// The hash of `name=value`.
  public static long hash(String name, String value) {
    long hash = fnv(FNV_OFFSET_BASIS, name);
    hash = (hash ^ '=') * FNV_PRIME;
    return mix(fnv(hash, value));
  }

  /// The bucket of `name=value` in `[0, buckets)`.
  public static int bucket(String name, String value, int buckets) {
    return (int) Long.remainderUnsigned(hash(name, value), buckets);
  }

  private static long fnv(long hash, String text) {
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * FNV_PRIME;
    }
    return hash;
  }

  private static long mix(long hash) {
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return hash ^ (hash >>> 33);
  }
}
