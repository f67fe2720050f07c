package io.saviorrec.feature;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.saviorrec.feature.FeatureColumn.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

class FeatureSchemaTest {

  @Test
  void boundariesMustAscendAndBeFinite() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FeatureColumn.numeric("age", List.of(1f, 1f)))
        .withMessage("Column 'age': boundaries must be finite and ascending, were [1.0, 1.0]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FeatureColumn.numeric("age", List.of(Float.NaN)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FeatureColumn.numeric("age", List.of(Float.POSITIVE_INFINITY)));
  }

  @Test
  void bucketsMustFitTheKind() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FeatureColumn.categorical("city", 1))
        .withMessageContaining("buckets must be in [2, 16777216], was 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FeatureColumn("age", Kind.NUMERIC, 3, List.of(1f, 2f)))
        .withMessage("Column 'age': 2 boundaries need 4 buckets but there were 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FeatureColumn("city", Kind.CATEGORICAL, 3, List.of(1f)))
        .withMessage("Column 'city' is categorical and cannot have boundaries");
  }

  @Test
  void aColumnCannotBeNamedTwice() {
    FeatureColumn city = FeatureColumn.categorical("city", 3);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new FeatureSchema(
                    List.of(city, city), List.of(), List.of(), FeatureSchema.ITEM_STATS))
        .withMessage("profile names 'city' twice");
  }
}
