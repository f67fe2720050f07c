package io.saviorrec.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.proto.v1.FeatureValue;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ItemColumnsTest {
  private static final ItemColumns COLUMNS =
      new ItemColumns(
          List.of(
              FeatureColumn.categorical(FeatureSchema.CATEGORY, 8),
              FeatureColumn.numeric("price", List.of(10f, 20f))));

  private static final long PRICE_MISSING = 8;

  private static FeatureValue number(double value) {
    return FeatureValue.newBuilder().setNumber(value).build();
  }

  @Test
  void anItemOfWhichNothingIsKnownIsMissingInEveryColumn() {
    assertThat(COLUMNS.missing()).containsExactly(0, PRICE_MISSING);
    assertThat(COLUMNS.tableSize()).isEqualTo(12);
  }

  @Test
  void theCategoryFillsItsColumnUnlessAFeatureOfThatNameDoes() {
    long hats = COLUMNS.encode("hats", Map.of(), COLUMNS.missing())[0];
    FeatureValue text = FeatureValue.newBuilder().setText("hats").build();
    assertThat(hats).isBetween(1L, 7L);
    assertThat(
            COLUMNS.encode(
                "something else", Map.of(FeatureSchema.CATEGORY, text), COLUMNS.missing()))
        .containsExactly(hats, PRICE_MISSING);
  }

  @Test
  void whatIsNotGivenStaysAsItWasKnown() {
    long[] known = {5, 11};
    assertThat(COLUMNS.encode("", Map.of(), known)).containsExactly(5, 11);
    assertThat(COLUMNS.encode("", Map.of("price", number(15)), known)).containsExactly(5, 10);
    assertThat(COLUMNS.encode("", Map.of("price", FeatureValue.getDefaultInstance()), known))
        .containsExactly(5, PRICE_MISSING);
    assertThat(known).containsExactly(5, 11);
  }

  @Test
  void aValueThatItsColumnCannotHoldIsRefused() {
    assertThatThrownBy(
            () -> COLUMNS.encode("", Map.of("price", number(Double.NaN)), COLUMNS.missing()))
        .isInstanceOf(FeatureException.class)
        .hasMessageContaining("Column 'price' needs a finite number");
  }
}
