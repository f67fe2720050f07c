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
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
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

  /// The users' taste profiles, an extension; only in bundles whose manifest speaks of them.
  public static final String TASTES = "tastes.safetensors";

  /// What the stages of the training measured and how their losses fell, for a report; may be
  /// missing.
  public static final String TRAINING = "training.json";

  /// What a later training goes on from; may be missing, and no server reads it.
  public static final String STATE = "state.safetensors";

  public static final String MANIFEST = "manifest.json";

  /// Who vouches for the manifest; may be missing, and may be added to a finished bundle.
  public static final String SIGNATURE = "manifest.sig";

  /// Every file that each bundle has but the manifest and its signature.
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

  /// Files that hashed to what the manifest says, as the watch knows them. Guarded by this.
  private final Set<String> verified = new HashSet<>();

  /// Maps a table.
  ///
  /// @param <T> the kind of table
  @FunctionalInterface
  private interface Opener<T> {
    /// @param verifier is given the file's SHA-256; null: not asked for
    T open(Path path, @Nullable Consumer<String> verifier);
  }

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
    bundle.manifest.files().keySet().stream().filter(Bundle::isLoaded).forEach(bundle::verifyFile);
    return bundle;
  }

  /// Like [#open(Path, TrustedKeys)], for whoever loads all of [#FILES] and [#TASTES]: that they
  /// are what the manifest says is verified when each is loaded, and not before, as [#read],
  /// [#items], [#tastes] and [#golden] hash what they return. So a large bundle is read once and
  /// not twice.
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
        if (isLoaded(file) && Files.isRegularFile(bundle.path(file))) {
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
    attempt(bundle::verifyTastes, problems);
    for (String file : manifest.files().keySet()) {
      attempt(
          () -> {
            bundle.requirePresent(file);
            if (!isLoaded(file)) {
              bundle.verifyFile(file);
            }
          },
          problems);
    }
    return bundle;
  }

  /// Whether it is a file that a server loads, and so verifies then.
  private static boolean isLoaded(String file) {
    return FILES.contains(file) || file.equals(TASTES);
  }

  /// Taste profiles are there just when the manifest speaks of them.
  private void verifyTastes() {
    boolean listed = manifest.files().containsKey(TASTES);
    if (listed != (manifest.taste() != null)) {
      throw broken(
          MANIFEST,
          "%s %s but %s; export the model again"
              .formatted(
                  listed ? "lists" : "does not list",
                  TASTES,
                  listed
                      ? "says nothing of taste profiles"
                      : "says that there are taste profiles"));
    }
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
    ItemTable items = map(ITEMS, ItemTable::open);
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

  private <T extends MappedTable> T map(String file, Opener<T> opener) {
    try {
      if (verified.contains(file) && watch.unchanged(file)) {
        T table = opener.open(path(file), null);
        if (watch.unchanged(file)) {
          return table;
        }
        table.close();
      }
      verified.remove(file);
      T table = opener.open(path(file), sha256 -> requireHash(file, size(file), sha256));
      verified.add(file);
      return table;
    } catch (InternalError e) {
      throw broken(file, "was truncated while it was opened; export the model again", e);
    }
  }

  /// Maps the users' taste profiles into memory and verifies them, like [#items]; the caller closes
  /// them.
  ///
  /// @return null: the model has none
  public synchronized @Nullable TasteTable tastes() {
    Manifest.Taste taste = manifest.taste();
    if (taste == null) {
      return null;
    }
    TasteTable table = map(TASTES, TasteTable::open);
    if (table.width() != taste.width() || table.size() != taste.users()) {
      String shapes =
          "has %d profiles of %d numbers but the manifest says %d of %d; export the model again"
              .formatted(table.size(), table.width(), taste.users(), taste.width());
      table.close();
      throw broken(TASTES, shapes);
    }
    return table;
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
      verified.add(file);
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
