package io.saviorrec.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.trainer.console.UserError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PvBucketsTest {
  @Test
  void aBucketHoldsItsFirstCountAndNotTheNextBuckets() {
    PvBuckets buckets = PvBuckets.parse("0, 10,30");
    assertThat(buckets.names()).containsExactly("0-9", "10-29", "30+");
    assertThat(buckets.of(0)).isZero();
    assertThat(buckets.of(9)).isZero();
    assertThat(buckets.of(10)).isEqualTo(1);
    assertThat(buckets.of(29)).isEqualTo(1);
    assertThat(buckets.of(30)).isEqualTo(2);
    assertThat(buckets.of(Long.MAX_VALUE)).isEqualTo(2);
  }

  @Test
  void theDefaultHasSixBuckets() {
    assertThat(PvBuckets.parse(PvBuckets.DEFAULT).names())
        .containsExactly("0-9", "10-29", "30-79", "80-199", "200-599", "600+");
  }

  @Test
  void oneBucketHoldsEverything() {
    PvBuckets buckets = PvBuckets.parse("0");
    assertThat(buckets.names()).containsExactly("0+");
    assertThat(buckets.of(123)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"5,10", "0,10,10", "0,30,10", "0,-1"})
  void refusesBucketsThatDoNotAscendFromZero(String text) {
    assertThatThrownBy(() -> PvBuckets.parse(text))
        .isInstanceOf(UserError.class)
        .hasMessage("--buckets must start at 0 and ascend, was " + text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0,", "0,ten", "0;10", "0,1.5"})
  void refusesWhatAreNoWholeNumbers(String text) {
    assertThatThrownBy(() -> PvBuckets.parse(text))
        .isInstanceOf(UserError.class)
        .hasMessage("--buckets must be whole numbers with commas between, was " + text);
  }
}
