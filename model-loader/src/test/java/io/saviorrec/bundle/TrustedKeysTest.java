package io.saviorrec.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrustedKeysTest {
  private static final byte[] MANIFEST = "a manifest".getBytes(StandardCharsets.UTF_8);

  @TempDir private Path folder;

  /// Made by `openssl genpkey -algorithm ed25519`, `openssl pkey -pubout` and `openssl pkeyutl
  /// -sign -rawin`.
  @Test
  void keysAndSignaturesAreThoseOfOpenSsl() throws IOException {
    Path key =
        Files.writeString(
            folder.resolve("key.pem"),
            """
            -----BEGIN PRIVATE KEY-----
            MC4CAQAwBQYDK2VwBCIEIKjtVSjtAGeqkYaR+68z8mvED87UGJ3JdD0N/6jnk7gn
            -----END PRIVATE KEY-----
            """);
    Path trusted =
        Files.writeString(
            folder.resolve("key.pub"),
            """
            -----BEGIN PUBLIC KEY-----
            MCowBQYDK2VwAyEAC35vSjWyg++qHX0MC0QGQbX6oZeYhjtEK9Yu8CBt5tY=
            -----END PUBLIC KEY-----
            """);
    BundleSignature signature = SigningKey.load(key).sign(MANIFEST);
    assertThat(BundleSignature.text(List.of(signature)))
        .isEqualTo(
            "ed25519 MCowBQYDK2VwAyEAC35vSjWyg++qHX0MC0QGQbX6oZeYhjtEK9Yu8CBt5tY= 8JzX0bzcvAlySoLYWA317kAk97rIzf90TDKKc5lk1kWkLUsrDFfMOFpC/t2z6oeK1dWcB/dGIbL8/iKfjSdhCw==\n");
    assertThat(TrustedKeys.load(trusted).requireSigned(MANIFEST, List.of(signature)))
        .isEqualTo(trusted);
  }

  @Test
  void oneOfSeveralKeysIsEnough() {
    Path keys = folder.resolve("trusted");
    SigningKey first = make("first", keys);
    SigningKey second = make("second", keys);
    SigningKey stranger = make("stranger", folder);
    TrustedKeys trusted = TrustedKeys.load(keys);

    assertThat(trusted.requireSigned(MANIFEST, signed(stranger, second)))
        .isEqualTo(keys.resolve("second.pub"));
    assertThat(trusted.requireSigned(MANIFEST, signed(first))).isEqualTo(keys.resolve("first.pub"));
    assertThatThrownBy(() -> trusted.requireSigned(MANIFEST, signed(stranger)))
        .isInstanceOf(BundleException.class)
        .hasMessageStartingWith("is of no trusted key: it is signed by SHA256:");
  }

  @Test
  void aSignatureOfOtherBytesDoesNotCount() {
    SigningKey key = make("key", folder);
    TrustedKeys trusted = TrustedKeys.load(folder.resolve("key.pub"));
    assertThatThrownBy(() -> trusted.requireSigned(new byte[] {1}, signed(key)))
        .isInstanceOf(BundleException.class)
        .hasMessage("does not fit the manifest: the manifest or the signature was changed");
  }

  @Test
  void aPrivateKeyIsForItsOwnerAlone() throws IOException {
    make("key", folder);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("key"))))
        .isEqualTo("rw-------");
  }

  @Test
  void whatIsNoPublicKeyIsSaidInOneLine() throws IOException {
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertThatThrownBy(() -> TrustedKeys.load(empty))
        .isInstanceOf(BundleException.class)
        .hasMessage(empty + " holds no public key");
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> TrustedKeys.load(missing))
        .isInstanceOf(BundleException.class)
        .hasMessage(missing + ", a key file, does not exist");
    Path other =
        Files.writeString(
            folder.resolve("other.pem"),
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    assertThatThrownBy(() -> TrustedKeys.load(other))
        .isInstanceOf(BundleException.class)
        .hasMessage(other + " holds no Ed25519 public key");
  }

  private SigningKey make(String name, Path trusted) {
    try {
      Files.createDirectories(trusted);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    Path key = folder.resolve(name);
    SigningKey.generate(key, trusted.resolve(name + ".pub"));
    return SigningKey.load(key);
  }

  private static List<BundleSignature> signed(SigningKey... keys) {
    return List.of(keys).stream().map(key -> key.sign(MANIFEST)).toList();
  }
}
