package io.saviorrec.content;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ItemContentTest {

  private static final byte[] IMAGE = {1, 2, 3};

  @Test
  void theEncodersTextLeavesBlanksOut() {
    assertThat(item(" Wizard robe", "Clothes ", "black").encoderText(TextPart.ALL))
        .isEqualTo("Wizard robe Clothes black");
    assertThat(item("Wizard robe", " ", "black").encoderText(TextPart.ALL))
        .isEqualTo("Wizard robe black");
    assertThat(item("", "", "").encoderText(TextPart.ALL)).isEmpty();
    assertThat(
            item("Wizard robe", "Clothes", "black")
                .encoderText(List.of(TextPart.CATEGORY, TextPart.TEXT)))
        .isEqualTo("Clothes black");
  }

  /// The expected value is SHA-256 over length-prefixed fields, computed in Python.
  @Test
  void theHashIsStable() {
    assertThat(item("杯子", "cups", "").hash()).isEqualTo(0xa06055b58662ea87L);
  }

  @Test
  void theHashDependsOnEveryFieldButTheId() {
    ItemContent base = new ItemContent(1, "ab", "c", "", IMAGE);
    assertThat(new ItemContent(2, "ab", "c", "", IMAGE).hash()).isEqualTo(base.hash());
    assertThat(new ItemContent(1, "a", "bc", "", IMAGE).hash()).isNotEqualTo(base.hash());
    assertThat(new ItemContent(1, "ab", "", "c", IMAGE).hash()).isNotEqualTo(base.hash());
    assertThat(new ItemContent(1, "ab", "c", "", new byte[] {1, 2}).hash())
        .isNotEqualTo(base.hash());
  }

  @Test
  void equalityLooksIntoTheImage() {
    assertThat(item("a", "b", "c"))
        .isEqualTo(new ItemContent(7, "a", "b", "c", IMAGE.clone()))
        .hasSameHashCodeAs(new ItemContent(7, "a", "b", "c", IMAGE.clone()))
        .isNotEqualTo(new ItemContent(7, "a", "b", "c", new byte[] {1, 2, 4}))
        .hasToString("ItemContent[itemId=7, title=a, category=b, text=c, image=3 bytes]");
  }

  private static ItemContent item(String title, String category, String text) {
    return new ItemContent(7, title, category, text, IMAGE);
  }
}
