package io.saviorrec.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The public keys of those whose bundles are loaded, or no requirement at all.
public final class TrustedKeys {

  /// Every bundle is loaded, signed or not: whoever may write to the repository is trusted.
  public static final TrustedKeys ANYBODY = new TrustedKeys(Map.of());

  private final Map<PublicKey, Path> files;

  private TrustedKeys(Map<PublicKey, Path> files) {
    this.files = Map.copyOf(files);
  }

  /// Reads one public key, or each file of a folder of them; hidden files are left out.
  ///
  /// @throws BundleException when there is none, or a file is no Ed25519 public key in PEM
  public static TrustedKeys load(Path fileOrFolder) {
    Map<PublicKey, Path> keys = new HashMap<>();
    for (Path file : files(fileOrFolder)) {
      byte[] x509 = Pem.read(file, Pem.PUBLIC_KEY);
      try {
        keys.put(BundleSignature.publicKey(x509), file);
      } catch (GeneralSecurityException e) {
        throw new BundleException("%s holds no Ed25519 public key".formatted(file), e);
      }
    }
    if (keys.isEmpty()) {
      throw new BundleException("%s holds no public key".formatted(fileOrFolder));
    }
    return new TrustedKeys(keys);
  }

  private static List<Path> files(Path fileOrFolder) {
    if (!Files.isDirectory(fileOrFolder)) {
      return List.of(fileOrFolder);
    }
    try (Stream<Path> entries = Files.list(fileOrFolder)) {
      return entries
          .filter(entry -> !entry.getFileName().toString().startsWith("."))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new BundleException("%s cannot be read: %s".formatted(fileOrFolder, e), e);
    }
  }

  /// Whether bundles must be signed.
  public boolean required() {
    return !files.isEmpty();
  }

  /// The file of the trusted key that made one of these signatures of a manifest.
  ///
  /// @throws BundleException when there is none
  public Path requireSigned(byte[] manifest, List<BundleSignature> signatures) {
    for (BundleSignature signature : signatures) {
      Path file = files.get(signature.key());
      if (file != null && signature.holds(manifest)) {
        return file;
      }
    }
    boolean known = signatures.stream().anyMatch(each -> files.containsKey(each.key()));
    throw new BundleException(
        known
            ? "does not fit the manifest: the manifest or the signature was changed"
            : "is of no trusted key: it is signed by "
                + String.join(
                    ", ", signatures.stream().map(BundleSignature::fingerprint).toList()));
  }
}
