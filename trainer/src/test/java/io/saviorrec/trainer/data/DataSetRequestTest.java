package io.saviorrec.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.log.ImpressionLog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetRequestTest {
  private static final FeatureColumn CITY = FeatureColumn.categorical("city", 64);
  private static final FeatureColumn AGE = FeatureColumn.numeric("age", List.of(20f, 30f));
  private static final FeatureColumn DEVICE = FeatureColumn.categorical("device", 16);
  private static final FeatureColumn HOUR = FeatureColumn.numeric("hour", List.of(6f, 12f, 18f));

  @TempDir Path folder;

  private Path data() {
    return SmallData.in(folder, "user_id,item_id,timestamp,clicked,pctr_base,device,hour")
        .items(10, 20, 30)
        .row("7,10,100,1,0.1,phone,9")
        .row("7,20,200,1,,tablet,")
        .row("7,30,300,1,0.25,,13.5")
        .row("7,10,300,0,,desk,14")
        .row("8,30,300,0,0.5,phone,1")
        .row("9,30,400,0,0.5,phone,1")
        .write("users.csv", "user_id,city,age\n7,Oslo,25\n8,,41\n")
        .lateCuts()
        .write();
  }

  @Test
  void aRequestHoldsWhatItsPageViewHeld() {
    try (DataSet data = DataSet.open(data())) {
      ScoreRequest request = data.request(data.log().latestPageOf(7), 10);
      assertThat(request.getUser().getUserId()).isEqualTo(7);
      assertThat(request.getUser().getHistoryList()).containsExactly(10L, 20L);
      assertThat(request.getUser().getProfileMap())
          .containsOnlyKeys("city", "age")
          .containsEntry("city", FeatureValue.newBuilder().setText("Oslo").build())
          .containsEntry("age", FeatureValue.newBuilder().setNumber(25).build());
      // The page's first impression has no device.
      assertThat(request.getContextMap())
          .containsOnlyKeys("hour")
          .containsEntry("hour", FeatureValue.newBuilder().setNumber(13.5).build());
      assertThat(request.getCandidatesList())
          .containsExactly(
              Candidate.newBuilder().setItemId(30).setPctrBase(0.25).build(),
              Candidate.newBuilder().setItemId(10).build());
    }
  }

  @Test
  void aRequestKeepsTheMostRecentClicks() {
    try (DataSet data = DataSet.open(data())) {
      int page = data.log().latestPageOf(7);
      assertThat(data.request(page, 1).getUser().getHistoryList()).containsExactly(20L);
      assertThat(data.request(page, 0).getUser().getHistoryList()).isEmpty();
    }
  }

  @Test
  void aRequestEncodesToThePagesOwnRows() {
    FeatureSchema foreign =
        new FeatureSchema(
            List.of(AGE, FeatureColumn.categorical("unheard", 8), CITY),
            List.of(HOUR, DEVICE),
            List.of(),
            FeatureSchema.ITEM_STATS);
    try (DataSet own = DataSet.open(data());
        DataSet given = DataSet.open(folder, foreign)) {
      assertRequestsEncodeLikeTheLog(own);
      assertRequestsEncodeLikeTheLog(given);
    }
  }

  private static void assertRequestsEncodeLikeTheLog(DataSet data) {
    ImpressionLog log = data.log();
    FeatureEncoder profile = new FeatureEncoder(data.schema().profile());
    FeatureEncoder context = new FeatureEncoder(data.schema().context());
    assertThat(log.pages()).isEqualTo(5);
    for (int p = 0; p < log.pages(); p++) {
      ScoreRequest request = data.request(p, 10);
      assertThat(profile.encode(request.getUser().getProfileMap(), new ArrayList<>()))
          .isEqualTo(row(log.pageProfile, p, log.profileWidth));
      assertThat(context.encode(request.getContextMap(), new ArrayList<>()))
          .isEqualTo(row(log.pageContext, p, log.contextWidth));
    }
  }

  @Test
  void theSchemaOfAModelDecidesTheRows() {
    FeatureSchema model =
        new FeatureSchema(
            List.of(FeatureColumn.categorical("unheard", 8), CITY),
            List.of(HOUR),
            List.of(),
            FeatureSchema.ITEM_STATS);
    try (DataSet data = DataSet.open(data(), model)) {
      ImpressionLog log = data.log();
      assertThat(data.schema()).isEqualTo(model);
      assertThat(log.profileWidth).isEqualTo(2);
      assertThat(log.contextWidth).isEqualTo(1);
      int page = log.latestPageOf(7);
      FeatureEncoder profile = new FeatureEncoder(model.profile());
      assertThat(row(log.pageProfile, page, 2))
          .containsExactly(profile.missing(0), profile.encodeText(1, "Oslo"));
      // 13.5 is not below the boundaries 6 and 12.
      assertThat(row(log.pageContext, page, 1)).containsExactly(3);
      // User 9 has no profile at all.
      assertThat(row(log.pageProfile, log.latestPageOf(9), 2))
          .containsExactly(profile.missing(0), profile.missing(1));
    }
  }

  @Test
  void refusesTextWhereTheModelHasNumbersAndTheReverse() {
    data();
    FeatureSchema textAge =
        new FeatureSchema(
            List.of(FeatureColumn.categorical("age", 8)),
            List.of(),
            List.of(),
            FeatureSchema.ITEM_STATS);
    assertThatThrownBy(() -> DataSet.open(folder, textAge))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("users: column 'age' holds numbers but")
        .hasMessageContaining("holds text");
    FeatureSchema numberDevice =
        new FeatureSchema(
            List.of(),
            List.of(FeatureColumn.numeric("device", List.of())),
            List.of(),
            FeatureSchema.ITEM_STATS);
    assertThatThrownBy(() -> DataSet.open(folder, numberDevice))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("impressions: column 'device' holds text but");
  }

  @Test
  void aColumnWithoutValuesFitsEitherKind() {
    data();
    SmallData.in(folder).write("users.csv", "user_id,age\n7,\n8,\n");
    FeatureSchema model =
        new FeatureSchema(List.of(AGE), List.of(), List.of(), FeatureSchema.ITEM_STATS);
    try (DataSet data = DataSet.open(folder, model)) {
      assertThat(data.log().pageProfile).containsOnly(0);
    }
  }

  @Test
  void findsNoPageOfAnUnknownUser() {
    try (DataSet data = DataSet.open(data())) {
      assertThat(data.log().latestPageOf(7)).isEqualTo(2);
      assertThat(data.log().latestPageOf(70)).isEqualTo(-1);
    }
  }

  private static long[] row(long[] rows, int page, int width) {
    return Arrays.copyOfRange(rows, page * width, (page + 1) * width);
  }
}
