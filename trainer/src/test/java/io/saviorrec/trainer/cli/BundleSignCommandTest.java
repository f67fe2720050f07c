package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleSignCommandTest {
  @TempDir private Path folder;
  private Path bundle;
  private Path key;

  @BeforeEach
  void write() throws IOException {
    bundle = BundleShowCommandTest.write(folder.resolve("models"));
    key = folder.resolve("release.key");
  }

  @Test
  void aKeyIsMadeForItsOwnerAloneAndNeverReplaced() throws IOException {
    CommandRun run = CommandRun.of("bundle", "keygen", key.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.outLines())
        .hasSize(3)
        .contains("private key  " + key, "public key   " + key + ".pub")
        .anyMatch(line -> line.matches("fingerprint  SHA256:[A-Za-z0-9+/]{43}"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");

    String made = Files.readString(key);
    CommandRun again = CommandRun.of("bundle", "keygen", key.toString());
    assertThat(again.status()).isEqualTo(1);
    assertThat(again.errLines())
        .containsExactly(
            "savior: " + key + " exists already and is not replaced; choose another name");
    assertThat(Files.readString(key)).isEqualTo(made);
  }

  @Test
  void aSignedBundleIsShownAndVerifiedAndItsManifestIsAsBefore() throws IOException {
    String fingerprint =
        CommandRun.of("bundle", "keygen", key.toString())
            .outLines()
            .getLast()
            .substring("fingerprint  ".length());
    assertThat(signedBy()).isEqualTo("nobody");
    byte[] manifest = Files.readAllBytes(bundle.resolve(Bundle.MANIFEST));

    CommandRun signed = CommandRun.of("bundle", "sign", bundle.toString(), "--key", key.toString());
    assertThat(signed.err()).isEmpty();
    assertThat(signed.outLines()).containsExactly("feed/1 is signed by " + fingerprint);
    assertThat(Files.readAllBytes(bundle.resolve(Bundle.MANIFEST))).isEqualTo(manifest);
    assertThat(signedBy()).isEqualTo(fingerprint);

    CommandRun verified =
        CommandRun.of("bundle", "verify", bundle.toString(), "--trusted", key + ".pub");
    assertThat(verified.outLines())
        .containsExactly("feed/1 is whole and signed by the key in " + key + ".pub");
  }

  @Test
  void aBundleOfAnotherKeyIsOneLine() {
    Path other = folder.resolve("other.key");
    CommandRun.of("bundle", "keygen", key.toString());
    CommandRun.of("bundle", "keygen", other.toString());
    CommandRun unsigned =
        CommandRun.of("bundle", "verify", bundle.toString(), "--trusted", key + ".pub");
    assertThat(unsigned.status()).isEqualTo(1);
    assertThat(unsigned.errLines())
        .containsExactly(
            "savior: feed/1 "
                + bundle.resolve(Bundle.SIGNATURE)
                + ": is missing, and bundles must be signed here; sign it with savior bundle sign");
    CommandRun.of("bundle", "sign", bundle.toString(), "--key", other.toString());
    CommandRun run =
        CommandRun.of("bundle", "verify", bundle.toString(), "--trusted", key + ".pub");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines())
        .singleElement()
        .asString()
        .startsWith(
            "savior: feed/1 "
                + bundle.resolve(Bundle.SIGNATURE)
                + ": is of no trusted key: it is signed by SHA256:");
  }

  @Test
  void aFileThatIsNoKeyIsOneLine() {
    CommandRun.of("bundle", "keygen", key.toString());
    CommandRun run =
        CommandRun.of("bundle", "sign", bundle.toString(), "--key", key.toString() + ".pub");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines())
        .containsExactly(
            "savior: "
                + key
                + ".pub holds no '-----BEGIN PRIVATE KEY-----'; an Ed25519 key in PEM is needed, as"
                + " savior bundle keygen makes it");
  }

  private String signedBy() {
    return CommandRun.of("bundle", "show", bundle.toString()).outLines().stream()
        .map(String::strip)
        .filter(line -> line.startsWith("signed by"))
        .map(line -> line.substring("signed by".length()).strip())
        .findFirst()
        .orElse("");
  }
}
