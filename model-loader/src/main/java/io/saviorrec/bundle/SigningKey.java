package io.saviorrec.bundle;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;

/// The private key of whoever vouches for bundles: Ed25519, in a PEM file of PKCS#8.
public final class SigningKey {

  private final EdECPrivateKey key;
  private final PublicKey publicKey;

  private SigningKey(EdECPrivateKey key, PublicKey publicKey) {
    this.key = key;
    this.publicKey = publicKey;
  }

  /// Makes a pair of keys and writes them to files, which must not exist. Only its owner may read
  /// the private one.
  ///
  /// @return the public key's fingerprint
  public static String generate(Path privateFile, Path publicFile) {
    for (Path file : new Path[] {privateFile, publicFile}) {
      if (Files.exists(file)) {
        throw new BundleException(exists(file));
      }
    }
    try {
      KeyPair pair = KeyPairGenerator.getInstance(BundleSignature.ALGORITHM).generateKeyPair();
      // The rights come with the file: between two steps somebody might open it.
      Files.createFile(
          privateFile,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      write(privateFile, Pem.text(Pem.PRIVATE_KEY, pair.getPrivate().getEncoded()));
      Files.createFile(publicFile);
      write(publicFile, Pem.text(Pem.PUBLIC_KEY, pair.getPublic().getEncoded()));
      return BundleSignature.fingerprint(pair.getPublic());
    } catch (FileAlreadyExistsException e) {
      throw new BundleException(exists(Path.of(e.getFile())), e);
    } catch (IOException e) {
      throw new BundleException("the keys cannot be written: " + e, e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java platform has Ed25519", e);
    }
  }

  /// Reads a private key.
  ///
  /// @throws BundleException when there is none in the file
  public static SigningKey load(Path file) {
    byte[] pkcs8 = Pem.read(file, Pem.PRIVATE_KEY);
    try {
      EdECPrivateKey key =
          (EdECPrivateKey)
              KeyFactory.getInstance(BundleSignature.ALGORITHM)
                  .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      return new SigningKey(key, publicKey(key));
    } catch (GeneralSecurityException e) {
      throw new BundleException("%s holds no Ed25519 private key".formatted(file), e);
    }
  }

  /// A signature of a manifest's bytes.
  public BundleSignature sign(byte[] manifest) {
    try {
      Signature signature = Signature.getInstance(BundleSignature.ALGORITHM);
      signature.initSign(key);
      signature.update(manifest);
      BundleSignature made = new BundleSignature(publicKey, signature.sign());
      if (!made.holds(manifest)) {
        throw new IllegalStateException("a signature that was just made does not hold");
      }
      return made;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a key that was loaded can sign", e);
    }
  }

  /// The platform derives a public key only when it makes a pair, and makes the private one of
  /// nothing but the random bytes that it is given: here, those of a key that exists.
  private static PublicKey publicKey(EdECPrivateKey key) throws GeneralSecurityException {
    byte[] seed = key.getBytes().orElseThrow();
    KeyPairGenerator generator = KeyPairGenerator.getInstance(BundleSignature.ALGORITHM);
    generator.initialize(NamedParameterSpec.ED25519, new Seed(seed));
    return generator.generateKeyPair().getPublic();
  }

  private static void write(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardCharsets.US_ASCII);
  }

  private static String exists(Path file) {
    return "%s exists already and is not replaced; choose another name".formatted(file);
  }

  /// The bytes of a key in the place of random ones.
  private static final class Seed extends SecureRandom {
    private static final long serialVersionUID = 1L;

    private final byte[] bytes;

    Seed(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public void nextBytes(byte[] out) {
      System.arraycopy(bytes, 0, out, 0, out.length);
    }
  }
}
