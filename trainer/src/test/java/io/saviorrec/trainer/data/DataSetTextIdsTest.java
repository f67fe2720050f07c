package io.saviorrec.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.saviorrec.contract.StringId;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.table.Reject;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Ids that are texts become the numbers that a server makes of them.
class DataSetTextIdsTest {
  private static final String DESCRIPTION =
      "{\"ids\": \"text\", \"validation_from\": 86400000, \"test_from\": 86486400}";

  @TempDir Path folder;

  @Test
  void usersAndItemsHaveTheNumbersOfTheirTexts() {
    try (DataSet data =
        SmallData.in(folder)
            .item("sku-7,Lamp,,light")
            .item("größe 𝄞,Chair,,sit")
            .row("ann, sku-7 ,5,1")
            .row("bob,größe 𝄞,6,0")
            .row(",sku-7,7,0")
            .write("dataset.json", DESCRIPTION)
            .open()) {
      assertThat(new long[] {data.items().itemId(0), data.items().itemId(1)})
          .containsExactlyInAnyOrder(StringId.of("sku-7"), StringId.of("größe 𝄞"));
      assertThat(data.request(0, 10).getUser().getUserId()).isEqualTo(StringId.of("ann"));
      assertThat(data.rejects())
          .extracting(Reject::reason, Reject::rows)
          .containsExactly(tuple("user_id is missing", 1L));
    }
  }

  @Test
  void textsThatWereReadAsNumbersAreAnError() {
    SmallData data =
        SmallData.in(folder)
            .item("7,Lamp,,light")
            .row("7,7,5,1")
            .write("dataset.json", DESCRIPTION);
    assertThatThrownBy(data::open)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("the column user_id was read as numbers; write it as text");
  }

  @Test
  void anotherKindIsAnError() {
    SmallData data =
        SmallData.in(folder)
            .items(1)
            .shown(1, 1, 5, 1)
            .write("dataset.json", "{\"ids\": \"uuid\"}");
    assertThatThrownBy(data::open)
        .isInstanceOf(UserError.class)
        .hasMessageEndingWith("ids must be \"number\" or \"text\", was \"uuid\"");
  }
}
