package io.saviorrec.trainer.data;

import static io.saviorrec.trainer.data.SmallData.DAY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.data.log.CoClicks;
import io.saviorrec.trainer.data.prepare.CoClickConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoClicksTest {
  private static final CoClickConfig TWO_USERS = new CoClickConfig(30 * 86_400, 2, 300, 10, 5);

  @TempDir Path folder;

  @Test
  void weighsAPairByItsUsersAgainstThoseExpectedInBothDirections() {
    SmallData small = SmallData.in(folder).items(1, 2, 3);
    for (int user = 1; user <= 9; user++) {
      small.shown(user, 1, 100, 1).shown(user, 2, 200, 1);
    }
    small.shown(1, 3, 300, 1).shown(1, 1, 400, 1);
    try (DataSet data = small.lateCuts().open()) {
      CoClicks pairs = data.coClicks(1_000, TWO_USERS);
      assertThat(pairs.first()).containsExactly(0, 1);
      assertThat(pairs.second()).containsExactly(1, 0);
      // Pairs 1-2 by nine users, 1-3 and 2-3 by one: totals 10, 10 and 2 of 22.
      double expected = 10.0 * 10 / 22;
      double weight = (9 - expected) * (9 - expected) / (expected + 5);
      assertThat((double) pairs.weight()[0]).isCloseTo(weight, within(1e-6));
      assertThat(pairs.weight()[1]).isEqualTo(pairs.weight()[0]);
    }
  }

  @Test
  void aBestSellerIsNotEverybodysPartner() {
    SmallData small = SmallData.in(folder).items(1, 2, 3, 4, 5, 6, 7);
    for (int user = 0; user < 60; user++) {
      // Everybody clicks item 1; each third clicks one of the true pairs 2-3, 4-5 and 6-7.
      int pair = 2 + 2 * (user % 3);
      small.shown(user, 1, 100, 1).shown(user, pair, 200, 1).shown(user, pair + 1, 300, 1);
    }
    try (DataSet data = small.lateCuts().open()) {
      assertThat(pairs(data.coClicks(1_000, new CoClickConfig(DAY, 3, 300, 1, 5))))
          .containsExactly("0-1", "1-0", "1-2", "2-1", "3-4", "4-3", "5-6", "6-5");
    }
  }

  @Test
  void countsClicksStrictlyBeforeTheCutOnly() {
    SmallData small = SmallData.in(folder).items(1, 2, 3, 4);
    small.shown(1, 1, 100, 1).shown(1, 2, 200, 1).shown(2, 1, 100, 1).shown(2, 2, 500, 1);
    small.shown(3, 3, 100, 1).shown(3, 4, 100, 1);
    try (DataSet data = small.lateCuts().open()) {
      assertThat(data.coClicks(500, TWO_USERS).size()).isZero();
      assertThat(data.coClicks(501, TWO_USERS).size()).isEqualTo(2);
    }
  }

  @Test
  void needsEnoughUsersAClickOfBothAndTheTwoCloseTogether() {
    SmallData small = SmallData.in(folder).items(1, 2, 3, 4, 5, 6);
    for (int user = 1; user <= 3; user++) {
      small.shown(user, 1, 100, 1).shown(user, 2, 200, user == 3 ? 0 : 1);
      small.shown(user, 3, 3 * DAY, 1).shown(user, 4, 4 * DAY + 1, 1);
      small.shown(user, 5, 10 * DAY, 1).shown(user, 6, 11 * DAY, 1);
    }
    try (DataSet data = small.lateCuts().open()) {
      CoClickConfig aDay = new CoClickConfig(DAY, 3, 300, 10, 5);
      assertThat(pairs(data.coClicks(100 * DAY, aDay))).containsExactly("4-5", "5-4");
    }
  }

  private static List<String> pairs(CoClicks pairs) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < pairs.size(); i++) {
      names.add(pairs.first()[i] + "-" + pairs.second()[i]);
    }
    return names;
  }

  @Test
  void refusesSettingsThatMakeNoSense() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CoClickConfig(1, 1, 300, 10, 5))
        .withMessage("minUsers must be at least 2, was 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CoClickConfig(0, 3, 300, 10, 5))
        .withMessage("windowSeconds must be at least 1, was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CoClickConfig(1, 3, 300, 10, Double.NaN))
        .withMessage("priorUsers must be above 0 and finite, was NaN");
  }
}
