package io.saviorrec.bundle;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// One signature of a bundle's manifest, a line of [Bundle#SIGNATURE]: `ed25519`, the public key in
/// X.509 and the signature, both in base64.
///
/// It covers the manifest's bytes as they lie on disk, and by the hashes in it every other file.
/// The key in the line says who signed and nothing about trust, which is [TrustedKeys]' matter.
public final class BundleSignature {

  static final String ALGORITHM = "Ed25519";

  private static final String NAME = "ed25519";

  private final PublicKey key;
  private final byte[] signature;

  BundleSignature(PublicKey key, byte[] signature) {
    this.key = key;
    this.signature = signature.clone();
  }

  /// The signatures of a file.
  ///
  /// @throws BundleException when it is not exactly as [#text] writes it
  static List<BundleSignature> parse(byte[] file) {
    String text = new String(file, StandardCharsets.ISO_8859_1);
    List<BundleSignature> signatures = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      if (!line.isEmpty()) {
        signatures.add(parseLine(line));
      }
    }
    // One form only: whatever was changed in the file shows.
    if (signatures.isEmpty() || !text.equals(text(signatures))) {
      throw new BundleException(malformed());
    }
    return signatures;
  }

  private static BundleSignature parseLine(String line) {
    String[] words = line.split(" ", -1);
    if (words.length != 3 || !words[0].equals(NAME)) {
      throw new BundleException(malformed());
    }
    try {
      Base64.Decoder base64 = Base64.getDecoder();
      return new BundleSignature(publicKey(base64.decode(words[1])), base64.decode(words[2]));
    } catch (IllegalArgumentException | GeneralSecurityException e) {
      throw new BundleException(malformed(), e);
    }
  }

  private static String malformed() {
    return "is malformed; sign the bundle again with savior bundle sign";
  }

  static PublicKey publicKey(byte[] x509) throws GeneralSecurityException {
    return KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(x509));
  }

  /// A file of these signatures.
  static String text(List<BundleSignature> signatures) {
    StringBuilder text = new StringBuilder();
    for (BundleSignature signature : signatures) {
      Base64.Encoder base64 = Base64.getEncoder();
      text.append(NAME)
          .append(' ')
          .append(base64.encodeToString(signature.key.getEncoded()))
          .append(' ')
          .append(base64.encodeToString(signature.signature))
          .append('\n');
    }
    return text.toString();
  }

  /// Whether the key's owner signed these bytes.
  boolean holds(byte[] manifest) {
    try {
      Signature check = Signature.getInstance(ALGORITHM);
      check.initVerify(key);
      check.update(manifest);
      return check.verify(signature);
    } catch (GeneralSecurityException e) {
      // A signature of another length, or a key that is no point of the curve.
      return false;
    }
  }

  PublicKey key() {
    return key;
  }

  /// Names the key: `SHA256:` and the hash of its X.509 form in base64.
  public String fingerprint() {
    return fingerprint(key);
  }

  static String fingerprint(PublicKey key) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
      return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
