package io.saviorrec.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The extension of bundles by taste profiles, and bundles without it.
class BundleTastesTest {
  private static final Manifest.Taste TASTE =
      new Manifest.Taste(2, 300, 0.1, 2, 86_400, "synthetic", null);

  @TempDir private Path repository;

  private Path write(boolean table, Manifest.@Nullable Taste taste) throws IOException {
    try (BundleWriter writer = BundleWriter.begin(repository, "m")) {
      BundleFixture.writeFiles(writer);
      if (table) {
        TasteTable.write(
            writer.path(Bundle.TASTES), new long[] {3, 8}, 2, (user, out) -> out[1] = user);
      }
      Manifest manifest = BundleFixture.manifest();
      return writer
          .finish(taste == null ? manifest : manifest.with(taste, "2026-01-02T03:04:05Z"))
          .dir();
    }
  }

  @Test
  void aBundleSaysWhatItsProfilesAre() throws IOException {
    Bundle bundle = Bundle.openToLoad(write(true, TASTE), TrustedKeys.ANYBODY);
    assertThat(bundle.manifest().taste()).isEqualTo(TASTE);
    assertThat(bundle.manifest().tasteWidth()).isEqualTo(2);
    try (TasteTable tastes = Objects.requireNonNull(bundle.tastes())) {
      assertThat(tastes.find(8)).isEqualTo(1);
    }
  }

  /// So that earlier releases read bundles without the extension, and this one theirs.
  @Test
  void aManifestWithoutProfilesDoesNotSpeakOfThem() throws IOException {
    Bundle bundle = Bundle.open(write(false, null));
    assertThat(Files.readString(bundle.path(Bundle.MANIFEST))).doesNotContain("taste");
    assertThat(bundle.manifest().taste()).isNull();
    assertThat(bundle.manifest().tasteWidth()).isZero();
    assertThat(bundle.tastes()).isNull();
  }

  @Test
  void aTableAndAManifestThatDoNotSpeakOfEachOtherAreRefused() {
    assertThatThrownBy(() -> write(true, null))
        .isInstanceOf(BundleException.class)
        .hasMessageEndingWith(
            "lists tastes.safetensors but says nothing of taste profiles; export the model again");
    assertThatThrownBy(() -> write(false, TASTE))
        .isInstanceOf(BundleException.class)
        .hasMessageEndingWith(
            "does not list tastes.safetensors but says that there are taste profiles; export the model again");
  }

  @Test
  void aTableOfOtherSizesThanTheManifestSaysIsRefused() throws IOException {
    Bundle bundle =
        Bundle.open(write(true, new Manifest.Taste(3, 300, 0.1, 2, 0, "synthetic", 4L)));
    assertThatThrownBy(bundle::tastes)
        .isInstanceOf(BundleException.class)
        .hasMessageEndingWith(
            "has 2 profiles of 2 numbers but the manifest says 2 of 3; export the model again");
  }

  @Test
  void anAlteredTableIsRefusedWhenItIsMapped() throws IOException {
    Path dir = write(true, TASTE);
    Bundle bundle = Bundle.openToLoad(dir, TrustedKeys.ANYBODY);
    Path file = bundle.path(Bundle.TASTES);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes, StandardOpenOption.TRUNCATE_EXISTING);
    assertThatThrownBy(bundle::tastes)
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("is truncated or altered");
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("is truncated or altered");
  }
}
