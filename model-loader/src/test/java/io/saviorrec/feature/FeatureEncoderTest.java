package io.saviorrec.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.proto.v1.FeatureValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FeatureEncoderTest {

  private static final FeatureColumn CITY = FeatureColumn.categorical("city", 10);
  private static final FeatureColumn AGE = FeatureColumn.numeric("age", List.of(18f, 30f, 60f));
  private static final FeatureColumn DEVICE = FeatureColumn.categorical("device", 5);
  private final FeatureEncoder encoder = new FeatureEncoder(List.of(CITY, AGE, DEVICE));
  private final List<String> unused = new ArrayList<>();

  @Test
  void allColumnsShareOneTable() {
    assertThat(encoder.width()).isEqualTo(3);
    assertThat(encoder.tableSize()).isEqualTo(10 + 5 + 5);
  }

  @Test
  void absentUnsetAndEmptyValuesAreMissing() {
    assertThat(encode(Map.of())).containsExactly(0, 10, 15);
    assertThat(encode(Map.of("city", text(""), "age", FeatureValue.getDefaultInstance())))
        .containsExactly(0, 10, 15);
    assertThat(encoder.encodeText(1, null)).isEqualTo(encoder.missing(1)).isEqualTo(10);
  }

  @Test
  void namesAreHashedIntoTheRowsAfterMissing() {
    long[] rows = encode(Map.of("city", text("Paris"), "device", text("phone")));
    assertThat(rows[0]).isEqualTo(1 + FeatureHasher.bucket("city", "Paris", 9));
    assertThat(rows[2]).isEqualTo(15 + 1 + FeatureHasher.bucket("device", "phone", 4));
    for (int i = 0; i < 200; i++) {
      assertThat(encoder.encodeText(2, "value " + i)).isBetween(16L, 19L);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-5, 11",
    "17.99, 11",
    "18, 12",
    "29, 12",
    "30, 13",
    "59.9, 13",
    "60, 14",
    "1e30, 14"
  })
  void numbersCountTheBoundariesThatAreNotGreater(double age, long row) {
    assertThat(encoder.encodeNumber(1, age)).isEqualTo(row);
    assertThat(encode(Map.of("age", number(age)))[1]).isEqualTo(row);
  }

  @Test
  void aWholeNumberStandsForItsDigitsInAColumnOfNames() {
    assertThat(encoder.encodeNumber(0, 310_000)).isEqualTo(encoder.encodeText(0, "310000"));
  }

  @Test
  void columnsThatTheModelDoesNotKnowAreNoted() {
    assertThat(encode(Map.of("shoe_size", number(44), "Age", number(30), "age", number(30))))
        .containsExactly(0, 13, 15);
    assertThat(unused).containsExactly("Age", "shoe_size");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void numbersThatAreNotFiniteAreRefusedByName(double value) {
    assertThatThrownBy(() -> encode(Map.of("age", number(value))))
        .isInstanceOf(FeatureException.class)
        .hasMessage("Column 'age' needs a finite number but the value was " + value);
  }

  @Test
  void valuesOfTheWrongKindCountAsMissingAndAreNoted() {
    assertThat(encode(Map.of("age", text("young"), "city", number(0.5))))
        .containsExactly(0, 10, 15);
    assertThat(unused).containsExactly("city", "age");
  }

  @Test
  void textThatIsReadForAColumnOfNumbersIsRefusedByName() {
    assertThatThrownBy(() -> encoder.encodeText(1, "young"))
        .isInstanceOf(FeatureException.class)
        .hasMessage("Column 'age' holds numbers but the value was the text 'young'");
    assertThatThrownBy(() -> encoder.encodeNumber(0, 0.5))
        .isInstanceOf(FeatureException.class)
        .hasMessage("Column 'city' holds names but the value was the number 0.5; send it as text");
  }

  @Test
  void aModelWithoutColumnsEncodesToNothing() {
    FeatureEncoder none = new FeatureEncoder(List.of());
    assertThat(none.encode(Map.of("age", number(3)), unused)).isEmpty();
    assertThat(none.tableSize()).isZero();
  }

  private long[] encode(Map<String, FeatureValue> values) {
    return encoder.encode(values, unused);
  }

  private static FeatureValue text(String text) {
    return FeatureValue.newBuilder().setText(text).build();
  }

  private static FeatureValue number(double number) {
    return FeatureValue.newBuilder().setNumber(number).build();
  }
}
