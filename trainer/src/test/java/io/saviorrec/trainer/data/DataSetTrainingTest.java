package io.saviorrec.trainer.data;

import static io.saviorrec.trainer.data.SmallData.DAY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.groups.Tuple.tuple;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.table.Reject;
import java.nio.file.Path;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Logs that a model cannot be trained on, and what is said of them.
class DataSetTrainingTest {
  @TempDir Path folder;

  /// Two users, an impression a day each, from day 10 to day 19.
  private SmallData log(int users, IntUnaryOperator clickOfDay) {
    SmallData small = SmallData.in(folder).items(1, 2);
    for (int day = 10; day < 20; day++) {
      for (int user = 1; user <= users; user++) {
        small.shown(user, 1 + day % 2, day * DAY + user, clickOfDay.applyAsInt(day));
      }
    }
    return small;
  }

  private String refusal(SmallData small) {
    try (DataSet data = small.open()) {
      UserError error = catchThrowableOfType(UserError.class, data::checkTraining);
      assertThat(error).as("the log is refused").isNotNull();
      assertThat(error).hasMessageStartingWith(folder + ": ");
      return String.valueOf(error.getMessage()).replace(folder + ": ", "");
    }
  }

  @Test
  void aLogWithThreePeriodsAndBothClassesIsTakenWithoutAWord() {
    try (DataSet data = log(2, day -> day % 2).cuts(15 * DAY, 17 * DAY).open()) {
      assertThat(data.checkTraining()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          100     | 86400   | 432000  | training period: warmup_until is 100 (1970-01-01T00:01:40Z)
          864001  | 1296000 | 2592000 | test period: test_from is 2592000 (1970-01-31T00:00:00Z)
          864001  | 2592000 | 2678400 | validation period: validation_from is 2592000 (1970-01-31
          """)
  void aCutOutsideTheLogIsAnErrorWithTheLogsRange(
      long warmup, long validation, long test, String message) {
    SmallData small =
        log(2, day -> day % 2)
            .write(
                "dataset.json",
                "{\"warmup_until\": "
                    + warmup
                    + ", \"validation_from\": "
                    + validation
                    + ", \"test_from\": "
                    + test
                    + "}");
    assertThat(refusal(small))
        .startsWith("no impression lies in the " + message)
        .contains("the log runs from 864001 (1970-01-11T00:00:01Z) to 1641602 (1970-01-20")
        .endsWith("give other cuts in dataset.json");
  }

  @Test
  void aCutInMillisecondsIsRefusedAtOnce() {
    SmallData small = log(2, day -> day % 2).cuts(1_700_000_000_000L, 1_700_000_900_000L);
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(small::open)
        .withMessageContaining(
            "dataset.json: validation_from is not in the years 1970 to 9999: 1700000000000 (are these unix seconds?)");
  }

  @Test
  void cutsThatDoNotAscendAreNamedWithTheLogsRange() {
    SmallData small = log(2, day -> day % 2).cuts(17 * DAY, 15 * DAY);
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(small::open)
        .withMessageContaining("validation from 1468800 (1970-01-18T00:00:00Z), test from 1296000")
        .withMessageContaining("the log runs from 864001 (1970-01-11T00:00:01Z) to 1641602");
  }

  @Test
  void aTrainingPeriodOfOneClassCannotTrain() {
    assertThat(refusal(log(2, day -> day < 15 ? 0 : 1).cuts(15 * DAY, 17 * DAY)))
        .startsWith("none of the 10 impressions of the training period was clicked");
    assertThat(refusal(log(2, day -> day < 15 ? 1 : 0).cuts(15 * DAY, 17 * DAY)))
        .startsWith("all 10 impressions of the training period were clicked");
  }

  @Test
  void aValidationPeriodOfOneClassIsSaidToMeasureNoAuc() {
    try (DataSet data = log(2, day -> day < 15 ? day % 2 : 0).cuts(15 * DAY, 17 * DAY).open()) {
      assertThat(data.checkTraining())
          .containsExactly(
              "no impression of the validation period was clicked, so the model's AUC cannot be measured");
    }
  }

  @Test
  void aLogOfOneUserIsSaidToTeachNoCoClicks() {
    try (DataSet data = log(1, day -> day % 2).cuts(15 * DAY, 17 * DAY).open()) {
      assertThat(data.checkTraining())
          .singleElement()
          .asString()
          .startsWith("the log has one user before the validation period: no items are");
    }
  }

  @Test
  void aRowThatRepeatsAnotherInEveryColumnCountsOnce() {
    try (DataSet data =
        SmallData.in(folder, "user_id,item_id,timestamp,clicked,device")
            .items(1, 2)
            .row("1,1,5,1,phone")
            .row("1,1,5,1,desk")
            .row("1,1,5,1,phone")
            .row("1,2,5,1,phone")
            .row("1,1,5,0,phone")
            .row("1,1,5,1,phone")
            .row("1,1,6,1,")
            .row("1,1,6,1,")
            .lateCuts()
            .open()) {
      assertThat(data.log().sampleItem).containsExactly(0, 0, 1, 0, 0);
      assertThat(data.log().clicked).containsExactly(true, true, true, false, true);
      assertThat(data.rejects())
          .extracting(Reject::table, Reject::reason, Reject::rows)
          .containsExactly(
              tuple("impressions", "the row occurs again in every column; it counts once", 3L));
      assertThat(data.rejects().getFirst().sample()).startsWith("row 3 {");
    }
  }
}
