package io.saviorrec.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.SigningKey;
import io.saviorrec.bundle.TrustedKeys;
import io.saviorrec.contract.Precision;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.RequestEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// A bundle that is damaged, byte by byte, in each of its files.
///
/// `-Dcorruption=every` tries every byte of every file instead of a sample of the large ones, and
/// goes on to load what a changed manifest without a signature still lets through.
class BundleCorruptionTest {
  private static final boolean EVERY = "every".equals(System.getProperty("corruption"));
  private static final int HEADER_BYTES = 16;
  private static final int SMALL_FILE_BYTES = 200;
  private static final int SAMPLE = 12;
  private static final EngineConfig ENGINE = new EngineConfig("cpu", 16, 4, Precision.FP32);

  @TempDir private Path repository;
  private Path dir;
  private Path key;
  private TrustedKeys trusted;

  /// What is done to a file: whole in, damaged out; the same: nothing could be done.
  @FunctionalInterface
  private interface Damage {
    byte[] at(byte[] whole, int position);
  }

  private static final List<Damage> DAMAGES =
      List.of(
          (whole, at) -> with(whole, at, (byte) (whole[at] ^ 1)),
          (whole, at) -> with(whole, at, (byte) (whole[at] ^ 0x80)),
          (whole, at) -> with(whole, at, (byte) 0),
          Arrays::copyOf);

  @FunctionalInterface
  private interface Check {
    void run(String what);
  }

  @BeforeEach
  void write() {
    dir = TinyBundle.write(repository, GoldenReplayTest.golden()).dir();
    key = repository.resolve("key");
    SigningKey.generate(key, repository.resolve("key.pub"));
    trusted = TrustedKeys.load(repository.resolve("key.pub"));
  }

  @ParameterizedTest
  @FieldSource("io.saviorrec.bundle.Bundle#FILES")
  @Timeout(600)
  void noDamageOfAFileIsAccepted(String file) throws IOException {
    damage(file, what -> assertRefused(what, file, TrustedKeys.ANYBODY));
  }

  @ParameterizedTest
  @FieldSource("io.saviorrec.bundle.Bundle#FILES")
  void moreBytesThanTheFileHadAreNotAccepted(String file) throws IOException {
    byte[] whole = Files.readAllBytes(dir.resolve(file));
    Files.write(dir.resolve(file), Arrays.copyOf(whole, whole.length + 1));
    assertRefused("one byte more", file, TrustedKeys.ANYBODY);
  }

  @Test
  @Timeout(600)
  void noDamageOfASignedManifestOrOfItsSignatureIsAccepted() throws IOException {
    Bundle.open(dir).sign(SigningKey.load(key));
    assertThat(Bundle.open(dir, trusted).signer(trusted)).isEqualTo(repository.resolve("key.pub"));
    for (String file : List.of(Bundle.MANIFEST, Bundle.SIGNATURE)) {
      damage(file, what -> assertRefused(what, Bundle.SIGNATURE, trusted));
    }
  }

  /// Nothing tells a manifest that was changed into another good one without a signature; it must
  /// be read as what it says or refused in one line.
  @Test
  @Timeout(600)
  void aDamagedManifestWithoutASignatureIsRefusedInOneLineOrIsAnotherGoodOne() throws IOException {
    damage(
        Bundle.MANIFEST,
        what -> {
          try {
            use(Bundle.open(dir));
          } catch (BundleException e) {
            assertThat(e.getMessage())
                .as(what)
                .startsWith("tiny/1 ")
                .contains(dir.toString())
                .doesNotContain("\n");
          }
        });
  }

  private static void use(Bundle bundle) {
    Manifest manifest = bundle.manifest();
    RequestEncoder.of(manifest);
    RankerContract.of(manifest);
    bundle.items().close();
    bundle.golden();
    LoadedModel.tokenizer(bundle).close();
    if (EVERY) {
      try (LoadedModel model = LoadedModel.load(bundle, ENGINE)) {
        GoldenReplay.check(model, bundle);
      }
    }
  }

  @Test
  void aManifestThatDoesNotFitTheArchivesIsRefusedInOneLine() throws IOException {
    Path manifest = dir.resolve(Bundle.MANIFEST);
    Files.writeString(
        manifest, Files.readString(manifest).replace("\"stateWidth\" : 7", "\"stateWidth\" : 6"));
    assertThatThrownBy(() -> LoadedModel.load(Bundle.open(dir), ENGINE).close())
        .isInstanceOf(BundleException.class)
        .hasMessageStartingWith(
            "tiny/1 %s: does not keep its contract: ".formatted(dir.resolve(Bundle.RANKER)))
        .message()
        .doesNotContain("\n");
  }

  @Test
  void aBundleOfAnotherKeyOrOfNoneIsRefusedBeforeItsFilesAreLookedAt() throws IOException {
    Files.delete(dir.resolve(Bundle.ENCODER));
    assertRefused("unsigned", Bundle.SIGNATURE, trusted);
    Files.writeString(dir.resolve(Bundle.SIGNATURE), "ed25519 AAAA AAAA\n");
    assertRefused("signed by nonsense", Bundle.SIGNATURE, trusted);
    Files.write(dir.resolve(Bundle.SIGNATURE), new byte[0]);
    assertRefused("signed by nothing", Bundle.SIGNATURE, trusted);
    Files.write(dir.resolve(Bundle.SIGNATURE), new byte[1 << 20]);
    assertRefused("signed at length", Bundle.SIGNATURE, trusted);
  }

  @Test
  void archivesThatChangedPlacesAreRefusedEvenWithHashesToMatch() throws IOException {
    Bundle.open(dir).sign(SigningKey.load(key));
    Manifest manifest = Bundle.open(dir).manifest();
    swap(dir.resolve(Bundle.RQ), dir.resolve(Bundle.MBA));
    assertRefused("swapped", Bundle.MBA, trusted);
    String rq = manifest.files().get(Bundle.RQ);
    String mba = manifest.files().get(Bundle.MBA);
    Path file = dir.resolve(Bundle.MANIFEST);
    Files.writeString(
        file, Files.readString(file).replace(rq, "?").replace(mba, rq).replace("?", mba));
    assertRefused("swapped, hashes too", Bundle.SIGNATURE, trusted);
  }

  @Test
  void aSwapBetweenTheCheckAndTheLoadGainsNothing() throws IOException {
    Bundle bundle = Bundle.open(dir);
    for (String file :
        List.of(Bundle.ENCODER, Bundle.RQ, Bundle.MBA, Bundle.RANKER, Bundle.GOLDEN)) {
      byte[] whole = Files.readAllBytes(dir.resolve(file));
      Files.write(dir.resolve(file), Files.readAllBytes(dir.resolve(Bundle.TOKENIZER)));
      assertThatThrownBy(
              () -> {
                try (LoadedModel model = LoadedModel.load(bundle, ENGINE)) {
                  GoldenReplay.check(model, bundle);
                }
              })
          .isInstanceOf(BundleException.class)
          .hasMessageStartingWith(
              "tiny/1 %s: is truncated or altered".formatted(dir.resolve(file)));
      Files.write(dir.resolve(file), whole);
    }
    Files.writeString(dir.resolve(Bundle.TOKENIZER), "{}");
    assertThatThrownBy(() -> LoadedModel.tokenizer(bundle)).isInstanceOf(BundleException.class);
    Files.write(dir.resolve(Bundle.ITEMS), new byte[8]);
    assertThatThrownBy(bundle::items)
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("is truncated or altered");
  }

  @Test
  void codeInAnArchiveOfNobodyTrustedDoesNotRun() throws IOException {
    Path version =
        TinyBundle.write(
                repository,
                GoldenReplayTest.golden(),
                Map.of(Bundle.RQ, "code_rq.pt"),
                List.of(),
                List.of())
            .dir();
    assertThatThrownBy(() -> LoadedModel.load(Bundle.open(version, trusted), ENGINE).close())
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("manifest.sig: is missing");
    assertThat(TinyBundle.trace()).doesNotExist();

    // Where nobody is asked for, it does.
    LoadedModel.load(Bundle.open(version), ENGINE).close();
    assertThat(TinyBundle.trace()).exists();
    Files.delete(TinyBundle.trace());
  }

  @Test
  void filesThatTheManifestDoesNotListAreIgnored() throws IOException {
    Files.writeString(dir.resolve("serving.properties"), "option.mapLocation=nonsense");
    Files.writeString(dir.resolve("tokenizer_config.json"), "nonsense");
    Files.writeString(dir.resolve("extra.pt"), "nonsense");
    Bundle bundle = Bundle.open(dir);
    try (LoadedModel model = LoadedModel.load(bundle, ENGINE)) {
      GoldenReplay.check(model, bundle);
    }
  }

  /// Damages a file in every way at many places, and puts it back.
  private void damage(String file, Check check) throws IOException {
    Path path = dir.resolve(file);
    byte[] whole = Files.readAllBytes(path);
    for (int at : positions(whole.length)) {
      for (int kind = 0; kind < DAMAGES.size(); kind++) {
        byte[] damaged = DAMAGES.get(kind).at(whole, at);
        if (!Arrays.equals(damaged, whole)) {
          Files.write(path, damaged);
          check.run("%s, damage %d at byte %d".formatted(file, kind, at));
        }
      }
    }
    Files.write(path, whole);
    Bundle.open(dir);
  }

  private static SortedSet<Integer> positions(int length) {
    SortedSet<Integer> positions = new TreeSet<>();
    if (EVERY || length <= SMALL_FILE_BYTES) {
      for (int at = 0; at < length; at++) {
        positions.add(at);
      }
      return positions;
    }
    for (int at = 0; at < HEADER_BYTES; at++) {
      positions.add(at);
      positions.add(length - 1 - at);
    }
    Random random = new Random(length);
    for (int i = 0; i < SAMPLE; i++) {
      positions.add(random.nextInt(length));
    }
    return positions;
  }

  private void assertRefused(String what, String file, TrustedKeys keys) {
    assertThatThrownBy(() -> Bundle.open(dir, keys))
        .as(what)
        .isInstanceOf(BundleException.class)
        .hasMessageStartingWith("tiny/1 %s: ".formatted(dir.resolve(file)))
        .message()
        .doesNotContain("\n");
  }

  private void swap(Path one, Path other) throws IOException {
    Path aside = repository.resolve("aside");
    Files.move(one, aside);
    Files.move(other, one, StandardCopyOption.REPLACE_EXISTING);
    Files.move(aside, other);
  }

  private static byte[] with(byte[] whole, int at, byte value) {
    byte[] damaged = whole.clone();
    damaged[at] = value;
    return damaged;
  }
}
