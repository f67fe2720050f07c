package io.saviorrec.feature;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FeatureHasherTest {

  /// Computed by an independent implementation in Python; models on disk depend on these values.
  @Test
  void hashesAreStable() {
    assertThat(FeatureHasher.hash("city", "hangzhou")).isEqualTo(0x9fe5c44d348709fcL);
    assertThat(FeatureHasher.hash("城市", "杭州")).isEqualTo(0x7eea1f2ef254381dL);
    assertThat(FeatureHasher.hash("", "")).isEqualTo(0x7d4847d6948d751bL);
  }

  @Test
  void theNameOfTheColumnIsPartOfTheHash() {
    assertThat(FeatureHasher.hash("a", "x")).isNotEqualTo(FeatureHasher.hash("b", "x"));
  }

  @Test
  void bucketsAreFilledEvenly() {
    int buckets = 16;
    int[] counts = new int[buckets];
    for (int i = 0; i < 16_000; i++) {
      counts[FeatureHasher.bucket("user_segment", Integer.toString(i), buckets)]++;
    }
    // 1,000 expected with a standard deviation of 31: five of them on either side.
    for (int count : counts) {
      assertThat(count).isBetween(845, 1155);
    }
  }
}
