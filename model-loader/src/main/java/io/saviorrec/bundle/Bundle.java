package io.saviorrec.bundle;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import io.saviorrec.proto.v1.Golden;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One version of a model on disk, `<repository>/<model>/<version>/`, whose files were verified
/// against its manifest.
public final class Bundle {

  public static final String ENCODER = "encoder.pt";
  public static final String RQ = "rq.pt";
  public static final String MBA = "mba.pt";
  public static final String RANKER = "ranker.pt";
  public static final String ITEMS = "items.safetensors";
  public static final String TOKENIZER = "tokenizer.json";
  public static final String GOLDEN = "golden.binpb";
  public static final String MANIFEST = "manifest.json";

  /// Who vouches for the manifest; may be missing, and may be added to a finished bundle.
  public static final String SIGNATURE = "manifest.sig";

  /// Every file of a bundle but the manifest and its signature.
  public static final List<String> FILES =
      List.of(ENCODER, RQ, MBA, RANKER, ITEMS, TOKENIZER, GOLDEN);

  /// A manifest is a few kilobytes; anything much larger is not one.
  private static final int MAX_MANIFEST_BYTES = 1 << 20;

  private static final int READ_BYTES = 1 << 24;

  /// So is a file of signatures, one line for each.
  private static final int MAX_SIGNATURE_BYTES = 1 << 16;

  private final Path dir;
  private final byte[] manifestBytes;
  private final Manifest manifest;
  private final BundleWatch watch;

  /// The item table hashed to what the manifest says, as the watch knows it. Guarded by this.
  private boolean itemsVerified;

  /// What it holds is what the manifest allows. Guarded by this.
  private boolean itemsChecked;

  private Bundle(Path dir, byte[] manifestBytes, Manifest manifest) {
    this.dir = dir;
    this.manifestBytes = manifestBytes;
    this.manifest = manifest;
    this.watch = new BundleWatch(this);
  }

  /// Opens a bundle whoever made it.
  ///
  /// @param versionDir `<repository>/<model>/<version>`
  /// @throws BundleException naming the file, what is wrong with it and what to do
  public static Bundle open(Path versionDir) {
    return open(versionDir, TrustedKeys.ANYBODY);
  }

  /// Reads the manifest, verifies that somebody trusted signed it where that is required, and that
  /// every file is there, unchanged. Nothing but these bytes is looked at before the signature
  /// holds, and they are the ones that are parsed.
  ///
  /// @param versionDir `<repository>/<model>/<version>`
  /// @param trusted whose signature is required
  /// @throws BundleException naming the file, what is wrong with it and what to do
  public static Bundle open(Path versionDir, TrustedKeys trusted) {
    Bundle bundle = openToLoad(versionDir, trusted);
    bundle.manifest.files().keySet().stream().filter(FILES::contains).forEach(bundle::verifyFile);
    return bundle;
  }

  /// Like [#open(Path, TrustedKeys)], for whoever loads all of [#FILES]: that they are what the
  /// manifest says is verified when each is loaded, and not before, as [#read], [#items] and
  /// [#golden] hash what they return. So a large bundle is read once and not twice.
  ///
  /// @param versionDir `<repository>/<model>/<version>`
  /// @param trusted whose signature is required
  /// @throws BundleException naming the file, what is wrong with it and what to do
  public static Bundle openToLoad(Path versionDir, TrustedKeys trusted) {
    return Objects.requireNonNull(open(versionDir, trusted, Bundle::fail));
  }

  /// Like [#open(Path, TrustedKeys)], but goes on after what is wrong, as far as it can.
  ///
  /// @param problems each thing that is wrong with the bundle; each would make [#open(Path,
  ///   TrustedKeys)] or a server refuse it
  /// @return null where there is nothing to go on with
  public static @Nullable Bundle examine(
      Path versionDir, TrustedKeys trusted, Consumer<BundleException> problems) {
    Bundle bundle = open(versionDir, trusted, problems);
    if (bundle != null) {
      for (String file : bundle.manifest.files().keySet()) {
        if (FILES.contains(file) && Files.isRegularFile(bundle.path(file))) {
          attempt(() -> bundle.verifyFile(file), problems);
        }
      }
      bundle.checkLineage(problems);
    }
    return bundle;
  }

  private static @Nullable Bundle open(
      Path versionDir, TrustedKeys trusted, Consumer<BundleException> problems) {
    Path dir = versionDir.toAbsolutePath().normalize();
    byte[] manifestBytes;
    Manifest manifest;
    try {
      manifestBytes = readManifest(dir);
      if (trusted.required()) {
        requireSigned(dir, manifestBytes, trusted);
      }
      manifest = parseManifest(dir, manifestBytes, problems);
    } catch (BundleException e) {
      problems.accept(e);
      return null;
    }
    if (manifest == null) {
      return null;
    }
    Bundle bundle = new Bundle(dir, manifestBytes, manifest);
    attempt(bundle::verifyName, problems);
    for (String file : FILES) {
      if (!manifest.files().containsKey(file)) {
        problems.accept(
            bundle.broken(MANIFEST, "does not list " + file + "; export the model again"));
      }
    }
    for (String file : manifest.files().keySet()) {
      attempt(
          () -> {
            bundle.requirePresent(file);
            if (!FILES.contains(file)) {
              bundle.verifyFile(file);
            }
          },
          problems);
    }
    return bundle;
  }

  private static void fail(BundleException problem) {
    throw problem;
  }

  private static void attempt(Runnable check, Consumer<BundleException> problems) {
    try {
      check.run();
    } catch (BundleException e) {
      problems.accept(e);
    }
  }

  /// Verifies that the items were made with the archives that the bundle has: embeddings and codes
  /// of the item table are of no use with others.
  ///
  /// @throws BundleException when they were not
  public void requireLineage() {
    checkLineage(Bundle::fail);
  }

  private void checkLineage(Consumer<BundleException> problems) {
    checkMadeWith(ENCODER, manifest.lineage().encoderSha(), problems);
    checkMadeWith(RQ, manifest.lineage().rqSha(), problems);
  }

  /// @param sha of the archive that did; empty: not said
  private void checkMadeWith(String file, String sha, Consumer<BundleException> problems) {
    if (!sha.isEmpty() && !sha.equals(manifest.files().get(file))) {
      problems.accept(
          broken(
              MANIFEST,
              "says that its items were made with another %s than it has; export the model again"
                  .formatted(file)));
    }
  }

  /// Adds a signature of the manifest as it was opened; one that the same key made before is
  /// replaced.
  public void sign(SigningKey key) {
    BundleSignature made = key.sign(manifestBytes);
    List<BundleSignature> signatures = new ArrayList<>(signatures());
    signatures.removeIf(old -> old.key().equals(made.key()));
    signatures.add(made);
    Path file = path(SIGNATURE);
    Path staged = path("." + SIGNATURE);
    try {
      Files.writeString(staged, BundleSignature.text(signatures));
      Files.move(staged, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw broken(SIGNATURE, "cannot be written: " + e, e);
    }
  }

  /// The signatures that fit the manifest, whether of a trusted key or not; none when it was never
  /// signed.
  ///
  /// @throws BundleException when there are others
  public List<BundleSignature> signatures() {
    if (!Files.exists(path(SIGNATURE))) {
      return List.of();
    }
    List<BundleSignature> signatures = readSignatures(dir);
    for (BundleSignature signature : signatures) {
      if (!signature.holds(manifestBytes)) {
        throw broken(
            SIGNATURE,
            "has a signature of %s that does not fit the manifest: one of them was changed"
                .formatted(signature.fingerprint()));
      }
    }
    return signatures;
  }

  /// Which of these keys signed the bundle.
  ///
  /// @return the key's file
  /// @throws BundleException when none did
  public Path signer(TrustedKeys trusted) {
    return requireSigned(dir, manifestBytes, trusted);
  }

  public Manifest manifest() {
    return manifest;
  }

  /// Notices that the files are no longer those that were verified.
  public BundleWatch watch() {
    return watch;
  }

  /// What a file hashed to when it was verified.
  String sha256(String file) {
    return file.equals(MANIFEST)
        ? FileHash.sha256(MemorySegment.ofArray(manifestBytes))
        : Objects.requireNonNull(manifest.files().get(file));
  }

  /// The folder of this version.
  public Path dir() {
    return dir;
  }

  /// Where one of the bundle's files is.
  public Path path(String file) {
    return dir.resolve(file);
  }

  /// Reads one of the bundle's files into memory that belongs to `arena`. What was verified is what
  /// is there: nobody can change it any more.
  ///
  /// @throws BundleException when the file is not the one that the manifest names
  public MemorySegment read(String file, Arena arena) {
    try (FileChannel channel = FileChannel.open(path(file), StandardOpenOption.READ)) {
      MemorySegment bytes = arena.allocate(channel.size());
      long at = 0;
      while (at < bytes.byteSize()) {
        long left = Math.min(bytes.byteSize() - at, READ_BYTES);
        int count = channel.read(bytes.asSlice(at, left).asByteBuffer());
        if (count < 0) {
          throw altered(file, at, "nothing that can be read");
        }
        at += count;
      }
      requireHash(file, at, FileHash.sha256(bytes));
      return bytes;
    } catch (IOException e) {
      throw broken(file, "cannot be read: " + e.getMessage(), e);
    }
  }

  /// Maps the item table into memory and verifies it; the caller closes it. A table that was
  /// verified before is not hashed again as long as the file system knows of no change.
  public ItemTable items() {
    return Objects.requireNonNull(items(Bundle::fail));
  }

  /// Like [#items()], but goes on after what is wrong with a value.
  ///
  /// @param problems what is wrong with the values
  /// @return null where something is
  public synchronized @Nullable ItemTable items(Consumer<BundleException> problems) {
    ItemTable items;
    try {
      items = mapItems();
    } catch (InternalError e) {
      throw broken(ITEMS, "was truncated while it was opened; export the model again", e);
    }
    Manifest.Dims dims = manifest.dims();
    int stats = manifest.features().itemStats().size();
    int features = manifest.features().item().size();
    if (items.zDim() != dims.zDim()
        || items.levels() != dims.levels()
        || items.statCount() != stats
        || items.featureCount() != features) {
      String shapes =
          ("has z of %d, codes of %d, stats of %d and features of %d columns"
                  + " but the manifest says %d, %d, %d and %d")
              .formatted(
                  items.zDim(),
                  items.levels(),
                  items.statCount(),
                  items.featureCount(),
                  dims.zDim(),
                  dims.levels(),
                  stats,
                  features);
      items.close();
      throw broken(ITEMS, shapes + "; export the model again");
    }
    if (!itemsChecked) {
      List<String> wrong = wrongValues(items);
      if (!wrong.isEmpty()) {
        items.close();
        wrong.forEach(problem -> problems.accept(broken(ITEMS, problem)));
        return null;
      }
      itemsChecked = true;
    }
    return items;
  }

  private List<String> wrongValues(ItemTable items) {
    try {
      return new ItemTableCheck(items, manifest).problems();
    } catch (InternalError e) {
      items.close();
      throw broken(ITEMS, "was truncated while it was read; export the model again", e);
    }
  }

  private ItemTable mapItems() {
    if (itemsVerified && watch.unchanged(ITEMS)) {
      ItemTable items = ItemTable.open(path(ITEMS));
      if (watch.unchanged(ITEMS)) {
        return items;
      }
      items.close();
    }
    itemsVerified = false;
    ItemTable items =
        ItemTable.open(path(ITEMS), sha256 -> requireHash(ITEMS, size(ITEMS), sha256));
    itemsVerified = true;
    return items;
  }

  /// What the trainer computed for known inputs.
  public Golden golden() {
    try (Arena arena = Arena.ofConfined()) {
      return Golden.parseFrom(read(GOLDEN, arena).asByteBuffer());
    } catch (InvalidProtocolBufferException e) {
      throw broken(GOLDEN, "cannot be read: it is malformed; export the model again", e);
    }
  }

  /// A failure of this bundle, prefixed with the model, its version and the file's path.
  public BundleException broken(String file, String problem) {
    return new BundleException(prefix(dir, file) + problem);
  }

  /// A failure of this bundle with its cause, prefixed like [#broken(String, String)].
  public BundleException broken(String file, String problem, Throwable cause) {
    return new BundleException(prefix(dir, file) + problem, cause);
  }

  @Override
  public String toString() {
    return manifest.model() + "/" + manifest.version();
  }

  private static byte[] readManifest(Path dir) {
    if (!Files.isRegularFile(dir.resolve(MANIFEST))) {
      throw new BundleException(
          prefix(dir, MANIFEST)
              + "is missing, so this is not a complete bundle; it is written last, export again or"
              + " copy the whole folder");
    }
    return readSmall(dir, MANIFEST, MAX_MANIFEST_BYTES);
  }

  private static @Nullable Manifest parseManifest(
      Path dir, byte[] bytes, Consumer<BundleException> problems) {
    try {
      // A new decoder refuses what a String would replace.
      return Manifest.parse(
          UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString(),
          e -> problems.accept(new BundleException(prefix(dir, MANIFEST) + e.getMessage(), e)));
    } catch (CharacterCodingException e) {
      throw new BundleException(prefix(dir, MANIFEST) + "is malformed: it is not UTF-8", e);
    }
  }

  private static Path requireSigned(Path dir, byte[] manifestBytes, TrustedKeys trusted) {
    if (!Files.isRegularFile(dir.resolve(SIGNATURE))) {
      throw new BundleException(
          prefix(dir, SIGNATURE)
              + "is missing, and bundles must be signed here; sign it with savior bundle sign");
    }
    List<BundleSignature> signatures = readSignatures(dir);
    try {
      return trusted.requireSigned(manifestBytes, signatures);
    } catch (BundleException e) {
      throw new BundleException(prefix(dir, SIGNATURE) + e.getMessage(), e);
    }
  }

  private static List<BundleSignature> readSignatures(Path dir) {
    byte[] bytes = readSmall(dir, SIGNATURE, MAX_SIGNATURE_BYTES);
    try {
      return BundleSignature.parse(bytes);
    } catch (BundleException e) {
      throw new BundleException(prefix(dir, SIGNATURE) + e.getMessage(), e);
    }
  }

  private static byte[] readSmall(Path dir, String file, int maxBytes) {
    try (InputStream in = Files.newInputStream(dir.resolve(file))) {
      byte[] bytes = in.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        throw new BundleException(
            prefix(dir, file) + "is too large: more than %d bytes".formatted(maxBytes));
      }
      return bytes;
    } catch (IOException e) {
      throw new BundleException(prefix(dir, file) + "cannot be read: " + e.getMessage(), e);
    }
  }

  private void verifyName() {
    String version = name(dir);
    String model = name(dir.getParent());
    if (!version.equals(Long.toString(manifest.version())) || !model.equals(manifest.model())) {
      throw broken(
          MANIFEST,
          "says that it is %s/%d; put the folder back under that name"
              .formatted(manifest.model(), manifest.version()));
    }
    if (!ModelRepository.hasPlaceFor(model, manifest.version())) {
      throw broken(
          MANIFEST,
          "says that it is %s/%d, which no server looks for: a model's name has at most 100 letters,"
                  .formatted(model, manifest.version())
              + " digits, '.', '_' and '-', and begins with one of the first two; a version is at"
              + " least 1");
    }
  }

  private void requirePresent(String file) {
    if (!file.equals(Path.of(file).getFileName().toString())) {
      throw broken(MANIFEST, "lists '%s', which is not a plain file name".formatted(file));
    }
    if (!Files.isRegularFile(path(file))) {
      throw broken(file, "is missing; copy the whole folder again or export the model again");
    }
  }

  private synchronized void verifyFile(String file) {
    Path path = path(file);
    try {
      requireHash(file, Files.size(path), FileHash.sha256(path));
      itemsVerified |= file.equals(ITEMS);
    } catch (IOException e) {
      throw broken(file, "cannot be read: " + e.getMessage(), e);
    }
  }

  private void requireHash(String file, long bytes, String actual) {
    if (!actual.equals(manifest.files().get(file))) {
      throw altered(file, bytes, "SHA-256 " + actual);
    }
  }

  private BundleException altered(String file, long bytes, String actual) {
    return broken(
        file,
        ("is truncated or altered: it has %d bytes of %s but the manifest says %s; "
                + "copy the whole folder again or export the model again")
            .formatted(bytes, actual, manifest.files().get(file)));
  }

  /// How long a file is.
  public long size(String file) {
    try {
      return Files.size(path(file));
    } catch (IOException e) {
      throw broken(file, "cannot be read: " + e.getMessage(), e);
    }
  }

  private static String prefix(Path dir, String file) {
    return "%s/%s %s: ".formatted(name(dir.getParent()), name(dir), dir.resolve(file));
  }

  private static String name(@Nullable Path dir) {
    Path name = dir == null ? null : dir.getFileName();
    return name == null ? "" : name.toString();
  }
}
