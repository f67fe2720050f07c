package io.saviorrec.trainer.data;

import static io.saviorrec.trainer.data.SmallData.DAY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoClicksTest {
  private static final CoClickConfig TWO_USERS = CoClickConfig.defaults().withMinUsers(2);

  @TempDir Path folder;

  @Test
  void weighsAPairBySwingInBothDirections() {
    SmallData small = SmallData.in(folder).items(1, 2, 3);
    for (int user = 1; user <= 2; user++) {
      small.shown(user, 1, 100, 1).shown(user, 2, 200, 1);
    }
    small.shown(2, 3, 300, 1);
    try (DataSet data = small.lateCuts().open()) {
      CoClicks pairs = data.coClicks(1_000, TWO_USERS);
      assertThat(pairs.first()).containsExactly(0, 1);
      assertThat(pairs.second()).containsExactly(1, 0);
      // Users of 2 and 3 items, who share 2: w_1 w_2 / (1 + 2).
      double swing = Math.pow(5 + 2, -0.35) * Math.pow(5 + 3, -0.35) / (1 + 2);
      assertThat((double) pairs.weight()[0]).isCloseTo(swing, within(1e-7));
      assertThat(pairs.weight()[1]).isEqualTo(pairs.weight()[0]);
    }
  }

  @Test
  void countsClicksStrictlyBeforeTheCutOnly() {
    SmallData small = SmallData.in(folder).items(1, 2);
    small.shown(1, 1, 100, 1).shown(1, 2, 200, 1).shown(2, 1, 100, 1).shown(2, 2, 500, 1);
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
      assertThat(pairs(data.coClicks(100 * DAY, CoClickConfig.defaults())))
          .containsExactly("4-5", "5-4");
    }
  }

  @Test
  void keepsTheBestPartnersOfEachItem() {
    SmallData small = SmallData.in(folder).items(1, 2, 3, 4);
    for (int partner = 2; partner <= 4; partner++) {
      for (int user = 0; user < partner; user++) {
        small.shown(100 * partner + user, 1, 100, 1).shown(100 * partner + user, partner, 200, 1);
      }
    }
    CoClickConfig best = new CoClickConfig(DAY, 20, 2, 100, 1_000, 1, 1, 5, -0.35);
    try (DataSet data = small.lateCuts().open()) {
      // Item 1 keeps item 4 alone, but it is the best partner of the other two as well.
      assertThat(pairs(data.coClicks(1_000, best)))
          .containsExactly("0-1", "0-2", "0-3", "1-0", "2-0", "3-0");
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
        .isThrownBy(() -> CoClickConfig.defaults().withMinUsers(1))
        .withMessage("minUsers must be at least 2 but was 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CoClickConfig(0, 20, 3, 100, 1_000, 20, 1, 5, -0.35))
        .withMessage("windowSeconds must be at least 1 but was 0");
  }
}
