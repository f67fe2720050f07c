package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Safetensors.DType;
import io.saviorrec.content.ItemContent;
import io.saviorrec.content.TextPart;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.Golden;
import io.saviorrec.proto.v1.GoldenScore;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.evaluate.TrainerEncoding;
import io.saviorrec.trainer.pretrained.CheckpointForms;
import io.saviorrec.trainer.pretrained.TinyClip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Trains from checkpoints in this JVM, serves the bundle in another, and holds what is served
/// against what the trainer computes.
@Timeout(300)
class CheckpointServeIT {
  private static final String MODEL = "saviorrec";

  @TempDir private Path folder;

  private CommandRun train(Path checkpoint, String... more) {
    return trainOn(Shop.data(), checkpoint, more);
  }

  private CommandRun trainOn(Path data, Path checkpoint, String... more) {
    String[] arguments = {
      "train",
      data.toString(),
      folder.resolve("models").toString(),
      "--preset",
      "tiny",
      "--seed",
      "7",
      "--set",
      "encoder.checkpoint=" + checkpoint
    };
    return CommandRun.of(
        IntStream.range(0, arguments.length + more.length)
            .mapToObj(i -> i < arguments.length ? arguments[i] : more[i - arguments.length])
            .toArray(String[]::new));
  }

  @Test
  void aBundleThatStartedFromACheckpointIsServedAsTheTrainerComputesIt() throws IOException {
    Path checkpoint = new TinyClip(3).folder(folder.resolve("clip"), DType.F16);
    CommandRun run = train(checkpoint);
    assertThat(run.errLines()).isEmpty();
    assertThat(run.status()).isZero();
    Bundle bundle = version("1");
    // What the checkpoint decided, and nothing but that, differs from the preset.
    assertThat(bundle.manifest().image().size()).isEqualTo(16);
    assertThat(bundle.manifest().text().maxTokens()).isEqualTo(20);
    assertThat(Files.readString(bundle.path(Bundle.TOKENIZER))).contains("[unused1]");
    assertServed(bundle);
  }

  /// A text tower alone has more before z than a CLIP has.
  @Test
  void aBundleThatStartedFromATextTowerIsServedAndGoneOnWith() throws IOException {
    assertThat(train(new TinyClip(3).bert(folder.resolve("bert"))).status()).isZero();
    Bundle bundle = version("1");
    assertServed(bundle);
    assertGoneOnWith(bundle, "2");
  }

  /// The server is sent titles and must leave them out, as the trainer did.
  @Test
  void theServerReadsTheWordsThatTheDataSetChose() throws IOException {
    Path data = folder.resolve("data");
    try (Stream<Path> files = Files.walk(Shop.data())) {
      for (Path file : files.toList()) {
        Files.copy(file, data.resolve(Shop.data().relativize(file).toString()));
      }
    }
    Path description = data.resolve("dataset.json");
    ObjectMapper json = new ObjectMapper();
    ObjectNode said = (ObjectNode) json.readTree(description.toFile());
    said.putArray("words").add("category");
    json.writeValue(description.toFile(), said);
    assertThat(trainOn(data, new TinyClip(3).bert(folder.resolve("bert"))).status()).isZero();
    Bundle bundle = version("1");
    assertThat(bundle.manifest().text().parts()).containsExactly(TextPart.CATEGORY);
    assertServed(bundle);
    CommandRun other =
        CommandRun.of(
            "train",
            Shop.data().toString(),
            folder.resolve("models").toString(),
            "--warm-start",
            bundle.dir().toString());
    assertThat(other.status()).isEqualTo(1);
    assertThat(other.errLines())
        .singleElement()
        .asString()
        .contains(": its words are [title, category, text], but the encoder of ")
        .endsWith(" reads [category]; choose the same in dataset.json, or train anew");
  }

  private Bundle version(String version) {
    return Bundle.open(folder.resolve("models").resolve(MODEL).resolve(version));
  }

  private void assertServed(Bundle bundle) throws IOException {
    try (SaviorProcess server =
        SaviorProcess.serve(folder.resolve("models"), folder.resolve("items"))) {
      ManagedChannel channel = Shop.channel(server.awaitServing().grpc());
      try {
        assertGoldenScores(channel, bundle);
        assertFreshItems(channel, bundle);
      } finally {
        channel.shutdownNow();
      }
    }
  }

  private static void assertGoldenScores(ManagedChannel channel, Bundle bundle) throws IOException {
    Golden golden = Golden.parseFrom(Files.readAllBytes(bundle.path(Bundle.GOLDEN)));
    assertThat(golden.getScoresCount()).isPositive();
    for (GoldenScore expected : golden.getScoresList()) {
      List<Score> scores =
          ScoringGrpc.newBlockingStub(channel)
              .score(expected.getRequest().toBuilder().setModel(MODEL).build())
              .getScoresList();
      for (int i = 0; i < scores.size(); i++) {
        assertThat(scores.get(i).getPctr()).isCloseTo(expected.getPctr(i), within(1e-5f));
      }
    }
  }

  /// Items that the bundle's table lacks have the codes that the trainer's side gives them.
  private static void assertFreshItems(ManagedChannel channel, Bundle bundle) {
    DataSet data = Shop.dataSet();
    TrainerEncoding encoding = TrainerEncoding.of(bundle, data.items());
    ItemsGrpc.ItemsBlockingStub stub = ItemsGrpc.newBlockingStub(channel);
    int[] fresh;
    try (ItemTable known = bundle.items()) {
      fresh =
          IntStream.range(0, data.items().size())
              .filter(item -> known.find(data.items().itemId(item)) < 0)
              .toArray();
    }
    assertThat(fresh).hasSizeGreaterThan(3);
    UpsertItemsRequest.Builder upsert = UpsertItemsRequest.newBuilder();
    GetItemsRequest.Builder ask = GetItemsRequest.newBuilder().setModel(MODEL);
    for (int item : fresh) {
      ItemContent content = data.items().content(item);
      upsert.addItems(
          Item.newBuilder()
              .setItemId(content.itemId())
              .setTitle(content.title())
              .setCategory(content.category())
              .setText(content.text())
              .setImage(ByteString.copyFrom(content.image())));
      ask.addItemIds(content.itemId());
    }
    assertThat(stub.upsertItems(upsert.build()).getResultsList())
        .allMatch(result -> result.getError().isEmpty());
    List<ItemInfo> infos = stub.getItems(ask.build()).getItemsList();
    for (int i = 0; i < fresh.length; i++) {
      int at = fresh[i] * encoding.levels();
      assertThat(infos.get(i).getSource()).isEqualTo(ScoreSource.ENCODED);
      assertThat(infos.get(i).getCodesList())
          .containsExactlyElementsOf(
              Arrays.stream(encoding.codes(), at, at + encoding.levels()).boxed().toList());
    }
  }

  @Test
  void theSameWeightsInTwoPlacesShareTheirStages() {
    TinyClip clip = new TinyClip(4);
    assertThat(train(clip.bert(folder.resolve("a"))).status()).isZero();
    List<Path> first = stages();
    assertThat(train(clip.bert(folder.resolve("b"))).status()).isZero();
    assertThat(stages()).isEqualTo(first);
    assertThat(train(new TinyClip(5).bert(folder.resolve("b"))).status()).isZero();
    assertThat(stages()).hasSizeGreaterThan(first.size());
  }

  @Test
  void theEncoderOfABundleIsGoneOnWith() {
    Bundle before = Shop.bundle(MODEL);
    assertGoneOnWith(before, "1");
    CommandRun other = train(before.dir(), "--set", "encoder.zDim=8");
    assertThat(other.status()).isEqualTo(1);
    assertThat(other.errLines())
        .singleElement()
        .asString()
        .endsWith("encoder.zDim must be 16 as in the bundle %s, was 8".formatted(before.dir()));
  }

  /// Without a stage of its own, the encoder of another bundle gives what it gave there.
  ///
  /// @param version that the bundle will have which goes on
  private void assertGoneOnWith(Bundle before, String version) {
    CommandRun run =
        train(
            before.dir(),
            "--set",
            "encoder.adapt.epochs=0",
            "--set",
            "encoder.align.epochs=0",
            "--set",
            "quantizer.maxSteps=1");
    assertThat(run.errLines()).isEmpty();
    assertThat(run.status()).isZero();
    Bundle after = version(version);
    assertThat(after.path(Bundle.TOKENIZER)).hasSameBinaryContentAs(before.path(Bundle.TOKENIZER));
    try (ItemTable old = before.items();
        ItemTable items = after.items()) {
      assertThat(items.size()).isEqualTo(old.size());
      float[] z = new float[items.zDim()];
      float[] oldZ = new float[items.zDim()];
      for (int row = 0; row < items.size(); row++) {
        items.z(row, z, 0);
        old.z(row, oldZ, 0);
        assertThat(z).containsExactly(oldZ, within(1e-5f));
      }
    }
  }

  private List<Path> stages() {
    try (var files = Files.list(folder.resolve("models/.stages"))) {
      return files.filter(Files::isDirectory).sorted().toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void whatIsWrongWithACheckpointIsToldInOneLineBeforeTheDataIsRead() {
    Path checkpoint = CheckpointForms.PT.write(new TinyClip(3), folder);
    CommandRun run = train(checkpoint, "--set", "encoder.image.layers=3");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines())
        .singleElement()
        .asString()
        .endsWith(
            "encoder.image.layers must be 2 as in the checkpoint %s, was 3".formatted(checkpoint));
  }
}
