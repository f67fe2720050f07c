package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a client can get wrong, tried on a server of trained models in another JVM.
@Timeout(300)
class ServedBadInputIT {
  private static final long UNKNOWN_USER = 987_654_321_000L;
  private static final long UNKNOWN_ITEM = 123_456_789_000L;

  /// A page view of the test period that the model can score as it is.
  private static ScoreRequest.Builder page() {
    var data = Shop.dataSet();
    return data.request(data.log().pages() - 1, 5).toBuilder().setModel("saviorrec");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "no candidates | INVALID_ARGUMENT | candidates is empty",
        "pctr_base NaN | INVALID_ARGUMENT | candidates[0].pctr_base must be in [0, 1], was NaN",
        "pctr_base 1.5 | INVALID_ARGUMENT | candidates[0].pctr_base must be in [0, 1], was 1.5",
        "hour NaN | INVALID_ARGUMENT | context: ",
        "hour infinite | INVALID_ARGUMENT | context: ",
        "hour text | INVALID_ARGUMENT | not of this kind: [hour]",
        "model nowhere | NOT_FOUND | nowhere",
        "version 99 | NOT_FOUND | 99",
        "bucket nobody | NOT_FOUND | nobody"
      })
  void aRequestThatCannotBeScoredSaysWhy(String mistake, String code, String reason) {
    ScoreRequest.Builder request = page();
    mistakes(mistake).accept(request);
    StatusRuntimeException refusal =
        catchThrowableOfType(StatusRuntimeException.class, () -> score(request));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.valueOf(code));
    assertThat(refusal.getStatus().getDescription()).contains(reason);
    // It costs the next one nothing.
    assertThat(score(page()).getScoresCount()).isEqualTo(page().getCandidatesCount());
  }

  private static Consumer<ScoreRequest.Builder> mistakes(String name) {
    return switch (name) {
      case "no candidates" -> ScoreRequest.Builder::clearCandidates;
      case "pctr_base NaN" -> r -> r.getCandidatesBuilder(0).setPctrBase(Double.NaN);
      case "pctr_base 1.5" -> r -> r.getCandidatesBuilder(0).setPctrBase(1.5);
      case "hour NaN" -> r -> r.putContext("hour", number(Double.NaN));
      case "hour infinite" -> r -> r.putContext("hour", number(Double.POSITIVE_INFINITY));
      case "hour text" ->
          r ->
              r.setStrict(true)
                  .putContext("hour", FeatureValue.newBuilder().setText("noon").build());
      case "model nowhere" -> r -> r.setModel("nowhere");
      case "version 99" -> r -> r.setVersion(99);
      case "bucket nobody" -> r -> r.clearModel().setBucket("nobody");
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static FeatureValue number(double value) {
    return FeatureValue.newBuilder().setNumber(value).build();
  }

  @Test
  void anUnknownUserUnknownItemsAndAbsentValuesAreScoredAsTheTrainerScoresThem() {
    ScoreRequest.Builder request = page();
    request.clearContext().getUserBuilder().setUserId(UNKNOWN_USER).clearProfile();
    request
        .addCandidates(Candidate.newBuilder().setItemId(UNKNOWN_ITEM).setPctrBase(0.2))
        .addCandidates(Candidate.newBuilder().setItemId(UNKNOWN_ITEM + 1).setPctrBase(0.2));
    request.getUserBuilder().addHistory(UNKNOWN_ITEM);
    ScoreResponse response = score(request);
    assertThat(response.getUnknownHistoryItems()).isEqualTo(1);
    int count = response.getScoresCount();
    Score unknown = response.getScores(count - 2);
    assertThat(unknown.getSource()).isEqualTo(ScoreSource.UNKNOWN_ITEM);
    assertThat(response.getScores(count - 1).getPctr()).isEqualTo(unknown.getPctr());
    var bundle = Shop.bundle("saviorrec");
    try (ItemTable items = bundle.items()) {
      float[] expected = Shop.expected(bundle, items, request.build());
      for (int i = 0; i < count; i++) {
        assertThat(response.getScores(i).getPctr()).isCloseTo(expected[i], within(1e-5f));
      }
    }
  }

  @Test
  void aHistoryThatIsTooLongCountsByItsMostRecentClicks() {
    int length = Shop.bundle("saviorrec").manifest().dims().historyLength();
    List<Long> clicks;
    try (ItemTable items = Shop.bundle("saviorrec").items()) {
      clicks = LongStream.range(0, 300).map(i -> items.itemId((int) (i % 97))).boxed().toList();
    }
    ScoreRequest.Builder full = page();
    full.getUserBuilder().clearHistory().addAllHistory(clicks);
    ScoreRequest.Builder cut = page();
    cut.getUserBuilder()
        .clearHistory()
        .addAllHistory(clicks.subList(clicks.size() - length, clicks.size()));
    ScoreRequest.Builder other = page();
    other.getUserBuilder().clearHistory().addAllHistory(clicks.subList(0, length));
    assertThat(score(full).getScoresList()).isEqualTo(score(cut).getScoresList());
    assertThat(score(other).getScoresList()).isNotEqualTo(score(cut).getScoresList());
  }

  @Test
  void anItemThatCannotBeReadIsRefusedByNameAndTheOthersAreKept() {
    long good = UNKNOWN_ITEM + 100;
    ItemsGrpc.ItemsBlockingStub items = ItemsGrpc.newBlockingStub(Shop.channel());
    UpsertItemsResponse response =
        items.upsertItems(
            UpsertItemsRequest.newBuilder()
                .addItems(
                    Item.newBuilder()
                        .setItemId(good + 1)
                        .setTitle("broken picture")
                        .setImage(ByteString.copyFromUtf8("no picture")))
                .addItems(Item.newBuilder().setItemId(good).setTitle("no picture at all"))
                .addItems(Item.newBuilder().setItemId(good + 2))
                .build());
    assertThat(response.getResults(0).getError()).startsWith("image: ");
    assertThat(response.getResults(1).getError()).isEmpty();
    assertThat(response.getResults(2).getError()).contains("title and image are both empty");
    ScoreRequest.Builder request = page().clearCandidates();
    for (long id = good; id <= good + 2; id++) {
      request.addCandidates(Candidate.newBuilder().setItemId(id));
    }
    assertThat(score(request).getScoresList())
        .extracting(Score::getSource)
        .containsExactly(ScoreSource.ENCODED, ScoreSource.UNKNOWN_ITEM, ScoreSource.UNKNOWN_ITEM);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bomb", "truncated", "svg", "gif that is text", "endless"})
  void aHostilePictureIsRefusedByNameAndTheServerScoresOn(String kind) throws IOException {
    long id = UNKNOWN_ITEM + 200;
    Item item =
        Item.newBuilder()
            .setItemId(id)
            .setTitle("a picture that means harm")
            .setImage(ByteString.copyFrom(hostile(kind)))
            .build();
    UpsertItemsRequest request = UpsertItemsRequest.newBuilder().addItems(item).build();
    UpsertItemsResponse response =
        ItemsGrpc.newBlockingStub(Shop.channel())
            .withDeadlineAfter(Duration.ofSeconds(10))
            .upsertItems(request);
    assertThat(response.getResults(0).getError()).startsWith("image: ");
    ScoreRequest.Builder page = page().clearCandidates();
    page.addCandidates(Candidate.newBuilder().setItemId(id));
    assertThat(score(page).getScores(0).getSource()).isEqualTo(ScoreSource.UNKNOWN_ITEM);
  }

  private static byte[] hostile(String kind) throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB), "png", png);
    byte[] image = png.toByteArray();
    return switch (kind) {
      case "bomb" -> {
        // The header promises 60,000 by 60,000 pixels, with a checksum that is right.
        ByteBuffer header = ByteBuffer.wrap(image);
        header.putInt(16, 60_000).putInt(20, 60_000);
        CRC32 sum = new CRC32();
        sum.update(image, 12, 17);
        header.putInt(29, (int) sum.getValue());
        yield image;
      }
      case "truncated" -> Arrays.copyOf(image, image.length / 2);
      case "svg" ->
          "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
              .getBytes(StandardCharsets.UTF_8);
      case "gif that is text" -> "GIF89a and nothing more".getBytes(StandardCharsets.UTF_8);
      // A megabyte behind a sound signature.
      case "endless" -> Arrays.copyOf(Arrays.copyOf(image, 8), 1 << 20);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  @Test
  void anAcknowledgedItemOutlivesAKilledServer() {
    Path store = Shop.FOLDER.resolve("items-of-the-killed").toAbsolutePath();
    ScoreRequest request =
        page()
            .clearCandidates()
            .addCandidates(Candidate.newBuilder().setItemId(UNKNOWN_ITEM))
            .build();
    Score before;
    try (SaviorProcess server = SaviorProcess.serve(Shop.repository(), store)) {
      ManagedChannel channel = Shop.channel(server.awaitServing().grpc());
      Item item = Item.newBuilder().setItemId(UNKNOWN_ITEM).setTitle("wizard robe").build();
      assertThat(
              ItemsGrpc.newBlockingStub(channel)
                  .upsertItems(UpsertItemsRequest.newBuilder().addItems(item).build())
                  .getResults(0)
                  .getError())
          .isEmpty();
      before = ScoringGrpc.newBlockingStub(channel).score(request).getScores(0);
      server.kill();
      channel.shutdownNow();
    }
    try (SaviorProcess server = SaviorProcess.serve(Shop.repository(), store)) {
      ManagedChannel channel = Shop.channel(server.awaitServing().grpc());
      Score after = ScoringGrpc.newBlockingStub(channel).score(request).getScores(0);
      channel.shutdownNow();
      assertThat(after.getSource()).isEqualTo(ScoreSource.ENCODED);
      assertThat(after).isEqualTo(before);
    }
  }

  private static ScoreResponse score(ScoreRequest.Builder request) {
    return ScoringGrpc.newBlockingStub(Shop.channel()).score(request.build());
  }
}
