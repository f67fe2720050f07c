package io.saviorrec.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.SigningKey;
import io.saviorrec.bundle.TrustedKeys;
import io.saviorrec.contract.Precision;
import io.saviorrec.proto.v1.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Bundles that are wrong in one way each, and in several ways at once. Whatever the check says of
/// one, loading it as a server does says too.
class BundleCheckTest {
  private static final EngineConfig ENGINE = new EngineConfig("cpu", 16, 4, Precision.FP32);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path repository;

  private Path good() {
    return TinyBundle.write(repository, GoldenReplayTest.golden()).dir();
  }

  private Path withArchive(String file, String archive) {
    return TinyBundle.write(
            repository, GoldenReplayTest.golden(), Map.of(file, archive), TinyBundle.items())
        .dir();
  }

  private static List<String> check(Path version) {
    List<String> findings =
        BundleCheck.run(version, TrustedKeys.ANYBODY, _ -> ENGINE).stream()
            .map(Throwable::getMessage)
            .toList();
    assertThat(findings).allSatisfy(line -> assertThat(line).doesNotContain("\n"));
    if (findings.isEmpty()) {
      load(version);
    } else {
      assertThatThrownBy(() -> load(version)).isInstanceOf(BundleException.class);
    }
    return findings;
  }

  private static void load(Path version) {
    Bundle bundle = Bundle.openToLoad(version, TrustedKeys.ANYBODY);
    bundle.requireLineage();
    bundle.items().close();
    try (LoadedModel model = LoadedModel.load(bundle, ENGINE)) {
      GoldenReplay.check(model, bundle);
      LoadedModel.tokenizer(bundle).close();
    }
  }

  private static void edit(Path version, Consumer<ObjectNode> change) throws IOException {
    Path file = version.resolve(Bundle.MANIFEST);
    ObjectNode manifest = (ObjectNode) JSON.readTree(file.toFile());
    change.accept(manifest);
    JSON.writeValue(file.toFile(), manifest);
  }

  /// Writes a file of a bundle and its hash, as whoever made it would have.
  private static void replace(Path version, String file, byte[] bytes) throws Exception {
    Files.write(version.resolve(file), bytes);
    String sha = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    edit(version, manifest -> manifest.withObject("/files").put(file, sha));
  }

  @Test
  void aGoodBundleHasNoFindings() {
    assertThat(check(good())).isEmpty();
  }

  @Test
  void whatIsNoBundleIsSaidToBeNone() throws IOException {
    Path empty = Files.createDirectories(repository.resolve("m/1"));
    assertThat(check(empty)).singleElement().asString().contains("manifest.json: is missing");
    Files.writeString(empty.resolve(Bundle.MANIFEST), "{\"name\": \"something else\"}");
    assertThat(check(empty))
        .singleElement()
        .asString()
        .endsWith("is not a bundle manifest: it has no formatVersion");
    Files.writeString(empty.resolve(Bundle.MANIFEST), "PK");
    assertThat(check(empty)).singleElement().asString().endsWith("it is not JSON, line 1");
  }

  @Test
  void anUnknownFormatVersionIsNamed() throws IOException {
    Path version = good();
    edit(version, manifest -> manifest.put("formatVersion", 7));
    assertThat(check(version)).singleElement().asString().contains("is of bundle format 7");
  }

  @Test
  void everyKeyOfTheManifestThatIsWrongIsNamed() throws IOException {
    Path version = good();
    edit(
        version,
        manifest -> {
          manifest.withObject("/dims").put("zDim", "four").remove("levels");
          manifest.withObject("/dims").put("stateHoldsHistory", 1).put("depth", 3);
          manifest.put("goldenTolerance", true);
          ((ObjectNode) manifest.at("/features/profile/0")).put("kind", "TEXT");
          manifest.withArray("/features/itemStats").add(5);
        });
    assertThat(check(version))
        .extracting(line -> line.substring(line.indexOf("manifest.json: ")))
        .containsExactlyInAnyOrder(
            "manifest.json: is malformed: dims.zDim must be a whole number, was \"four\"",
            "manifest.json: is malformed: dims.levels is missing; export the model again",
            "manifest.json: is malformed: dims.stateHoldsHistory must be true or false, was 1",
            "manifest.json: is malformed: dims.depth is a key that this format does not have; known"
                + " here: zDim, levels, codebookSize, mbaDim, heads, historyLength, stateWidth,"
                + " userWidth, stateHoldsHistory",
            "manifest.json: is malformed: goldenTolerance must be a number, was true",
            "manifest.json: is malformed: features.profile[0].kind must be one of CATEGORICAL,"
                + " NUMERIC, was \"TEXT\"",
            "manifest.json: is malformed: features.itemStats[3] must be text, was 5");
  }

  @Test
  void aValueOutOfItsRangeIsNamedWithItsPlace() throws IOException {
    Path version = good();
    edit(version, manifest -> ((ObjectNode) manifest.at("/features/profile/0")).put("buckets", 9));
    assertThat(check(version))
        .singleElement()
        .asString()
        .endsWith(
            "manifest.json: is malformed: features.profile[0]: Column 'age': 2 boundaries need 4"
                + " buckets but there were 9");
  }

  @Test
  void everyFileThatIsMissingOrAlteredIsNamed() throws IOException {
    Path version = good();
    Files.delete(version.resolve(Bundle.MBA));
    Files.delete(version.resolve(Bundle.TOKENIZER));
    byte[] ranker = Files.readAllBytes(version.resolve(Bundle.RANKER));
    Files.write(version.resolve(Bundle.RANKER), Arrays.copyOf(ranker, ranker.length - 1));
    edit(
        version,
        manifest -> {
          manifest.withObject("/files").remove(Bundle.RQ);
          manifest.withObject("/lineage").put("encoderSha", "another");
        });
    assertThat(check(version))
        .satisfiesExactly(
            rq -> assertThat(rq).contains("manifest.json: does not list rq.pt"),
            mba -> assertThat(mba).contains("mba.pt: is missing"),
            words -> assertThat(words).contains("tokenizer.json: is missing"),
            ranked -> assertThat(ranked).contains("ranker.pt: is truncated or altered"),
            line -> assertThat(line).contains("were made with another encoder.pt"));
  }

  @Test
  void aFolderOfAnotherNameIsNamed() throws IOException {
    Path renamed = Files.move(good(), repository.resolve("tiny/9"));
    assertThat(check(renamed)).singleElement().asString().contains("says that it is tiny/1");
  }

  @Test
  void aNameThatNoServerLooksForIsNamed() throws IOException {
    Path version = good();
    edit(version, manifest -> manifest.put("model", "my model"));
    Path renamed = Files.createDirectories(repository.resolve("my model")).resolve("1");
    Files.move(version, renamed);
    assertThat(check(renamed))
        .singleElement()
        .asString()
        .contains("says that it is my model/1, which no server looks for");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rq.pt | wide_rq.pt | quantize gave a tensor of shape [1, 4] instead of [1, 2]",
        "rq.pt | narrow_rq.pt | quantize gave a tensor of type int32 instead of int64",
        "rq.pt | beyond_rq.pt | rq.pt gave the code 9 but there are 4",
        "mba.pt | rq.pt | it has no method align(z f32[B,D], codes i64[B,L]) → f32[B,D]",
        "mba.pt | arity_mba.pt | it is called as align(z f32[B,D], codes i64[B,L]) → f32[B,D]",
        "mba.pt | log | cannot be loaded by the engine",
        "encoder.pt | infinite_encoder.pt | forward gave NaN; are all weights finite?",
        "ranker.pt | crash_ranker.pt | ranker.pt score failed: shape '[3, 7]' is invalid",
        "ranker.pt | double_ranker.pt | the result is a tensor of type float64 instead of float32",
        "ranker.pt | nan_ranker.pt | score gave NaN, which is no probability",
        "ranker.pt | forgetful_ranker.pt | put_users must start from the state in the slot that",
      })
  void anArchiveThatBreaksItsContractIsNamed(String file, String archive, String finding) {
    assertThat(check(withArchive(file, archive)))
        .singleElement()
        .asString()
        .contains("/" + file + ": ")
        .contains(finding);
  }

  @Test
  void everyMethodThatAnArchiveLacksIsNamed() {
    Path version =
        TinyBundle.write(
                repository,
                GoldenReplayTest.golden(),
                Map.of(Bundle.RANKER, "few_ranker.pt", Bundle.RQ, "wide_rq.pt"),
                TinyBundle.items())
            .dir();
    assertThat(check(version))
        .satisfiesExactlyInAnyOrder(
            rq -> assertThat(rq).contains("quantize gave a tensor of shape"),
            users -> assertThat(users).contains("it has no method put_users(changes i64[G,6+P+X]"),
            score -> assertThat(score).contains("it has no method score(users i64[G,3]"));
  }

  @Test
  void aTruncatedArchiveWithTheHashOfItsOwnIsNamed() throws Exception {
    Path version = good();
    byte[] whole = Files.readAllBytes(version.resolve(Bundle.RANKER));
    replace(version, Bundle.RANKER, Arrays.copyOf(whole, whole.length / 2));
    assertThat(check(version))
        .singleElement()
        .asString()
        .contains("ranker.pt: cannot be loaded by the engine");
  }

  @Test
  void sizesThatTheArchivesDoNotHaveAreNamed() throws IOException {
    Path version = good();
    edit(version, manifest -> manifest.withObject("/dims").put("zDim", 5));
    assertThat(check(version))
        .anySatisfy(line -> assertThat(line).contains("items.safetensors: has z of 4"))
        .anySatisfy(line -> assertThat(line).contains("forward gave a tensor of shape [1, 4]"));
  }

  @Test
  void valuesOfTheItemTableThatTheModelCannotTakeAreNamed() {
    ItemBatch items = TinyBundle.items().items();
    items.z()[5] = Float.NaN;
    items.codes()[2] = -1;
    items.codes()[7] = 5;
    items.stats()[3] = -1;
    items.features()[4] = 8;
    Path version =
        TinyBundle.write(
                repository,
                GoldenReplayTest.golden(),
                Map.of(),
                new ItemTable.Rows(items, new long[5], List.of("a", "b", "c", "d", "e")))
            .dir();
    assertThat(check(version))
        .extracting(line -> line.substring(line.indexOf("tensor ")))
        .containsExactly(
            "tensor 'z' must be finite numbers, but item 12 has NaN",
            "tensor 'codes' must be in [0, 4], where 4 is none, but item 12 has -1"
                + " (and so on: 2 items)",
            "tensor 'stats' must be finite numbers of at least 0, but item 12 has -1.0",
            "tensor 'features' must be in [0, 8) for the column 'category', but item 15 has 8");
  }

  @Test
  void filesThatHoldSomethingElseAreNamed() throws Exception {
    Path version = good();
    replace(version, Bundle.ITEMS, "something else altogether".getBytes(UTF_8));
    replace(version, Bundle.TOKENIZER, "{}".getBytes(UTF_8));
    replace(version, Bundle.GOLDEN, "something else".getBytes(UTF_8));
    assertThat(check(version))
        .satisfiesExactly(
            items -> assertThat(items).contains("items.safetensors is truncated or not"),
            words -> assertThat(words).contains("tokenizer.json: is not a usable tokenizer file"),
            golden -> assertThat(golden).contains("golden.binpb: cannot be read"));
  }

  @Test
  void goldenAnswersThatTheModelDoesNotGiveAreNamed() throws Exception {
    Path version = good();
    Golden.Builder golden = GoldenReplayTest.golden().toBuilder();
    golden.getScoresBuilder(0).setPctr(0, 0.99f);
    golden.getItemsBuilder(0).setCodes(0, 3);
    replace(version, Bundle.GOLDEN, golden.build().toByteArray());
    assertThat(check(version))
        .satisfiesExactly(
            rq -> assertThat(rq).contains("rq.pt: gives item 77 the codes"),
            ranker -> assertThat(ranker).contains("ranker.pt: gives scores that differ"));
    replace(version, Bundle.GOLDEN, new byte[0]);
    assertThat(check(version)).singleElement().asString().contains("has no scores to verify");
  }

  @Test
  void aGoldenRequestThatCannotBeScoredIsNamed() throws Exception {
    Path version = good();
    Golden.Builder golden = GoldenReplayTest.golden().toBuilder();
    golden.getScoresBuilder(0).getRequestBuilder().getCandidatesBuilder(0).addCodes(99).addCodes(0);
    replace(version, Bundle.GOLDEN, golden.build().toByteArray());
    assertThat(check(version))
        .singleElement()
        .asString()
        .contains("golden.binpb: has a request that cannot be scored: ");
  }

  @Test
  void aBundleOfNobodyTrustedIsRefusedBeforeAnythingRuns() {
    Path key = repository.resolve("key");
    SigningKey.generate(key, repository.resolve("key.pub"));
    TrustedKeys trusted = TrustedKeys.load(repository.resolve("key.pub"));
    Path version = withArchive(Bundle.RQ, "code_rq.pt");
    assertThat(BundleCheck.run(version, trusted, _ -> ENGINE))
        .singleElement()
        .extracting(Throwable::getMessage)
        .asString()
        .contains("manifest.sig: is missing");
    assertThat(TinyBundle.trace()).doesNotExist();
  }
}
