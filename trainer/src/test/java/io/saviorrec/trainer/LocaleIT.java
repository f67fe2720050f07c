package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Commands under a locale whose numbers have other digits.
class LocaleIT {
  private final Locale before = Locale.getDefault();

  @AfterEach
  void restoreLocale() {
    Locale.setDefault(before);
  }

  @Test
  void evaluatesUnderArabicDigitsAsUnderAnyOther() {
    String[] evaluate = {
      "evaluate", Shop.bundle("saviorrec").dir().toString(), Shop.data().toString(), "--json"
    };
    CommandRun usual = CommandRun.of(evaluate);
    Locale.setDefault(Locale.forLanguageTag("ar-EG"));
    CommandRun arabic = CommandRun.of(evaluate);
    assertThat(arabic.errLines()).isEmpty();
    assertThat(arabic.status()).isZero();
    assertThat(arabic.out()).isEqualTo(usual.out()).contains("\"auc\":0.");
  }
}
