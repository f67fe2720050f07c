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
  void evaluatesUnderArabicDigits() {
    Locale.setDefault(Locale.forLanguageTag("ar-EG"));
    CommandRun run =
        CommandRun.of(
            "evaluate", Shop.bundle("saviorrec").dir().toString(), Shop.data().toString());
    assertThat(run.errLines()).isEmpty();
    assertThat(run.status()).isZero();
  }
}
