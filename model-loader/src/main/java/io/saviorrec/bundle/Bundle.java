package io.saviorrec.bundle;

import io.saviorrec.proto.v1.Golden;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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

  /// Every file of a bundle but the manifest.
  public static final List<String> FILES =
      List.of(ENCODER, RQ, MBA, RANKER, ITEMS, TOKENIZER, GOLDEN);

  /// A manifest is a few kilobytes; anything much larger is not one.
  private static final long MAX_MANIFEST_BYTES = 1 << 20;

  private final Path dir;
  private final Manifest manifest;

  private Bundle(Path dir, Manifest manifest) {
    this.dir = dir;
    this.manifest = manifest;
  }

  /// Reads the manifest and verifies that every file is there, unchanged.
  ///
  /// @param versionDir `<repository>/<model>/<version>`
  /// @throws BundleException naming the file, what is wrong with it and what to do
  public static Bundle open(Path versionDir) {
    Path dir = versionDir.toAbsolutePath().normalize();
    Bundle bundle = new Bundle(dir, readManifest(dir));
    bundle.verifyName();
    for (String file : FILES) {
      if (!bundle.manifest.files().containsKey(file)) {
        throw bundle.broken(MANIFEST, "does not list " + file + "; export the model again");
      }
    }
    for (Map.Entry<String, String> file : bundle.manifest.files().entrySet()) {
      bundle.verifyFile(file.getKey(), file.getValue());
    }
    return bundle;
  }

  public Manifest manifest() {
    return manifest;
  }

  /// The folder of this version.
  public Path dir() {
    return dir;
  }

  /// Where one of the bundle's files is.
  public Path path(String file) {
    return dir.resolve(file);
  }

  /// Maps the item table into memory; the caller closes it.
  public ItemTable items() {
    ItemTable items = ItemTable.open(path(ITEMS));
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
    return items;
  }

  /// What the trainer computed for known inputs.
  public Golden golden() {
    try (InputStream in = Files.newInputStream(path(GOLDEN))) {
      return Golden.parseFrom(in);
    } catch (IOException e) {
      throw broken(GOLDEN, "cannot be read: " + e.getMessage(), e);
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

  private static Manifest readManifest(Path dir) {
    String prefix = prefix(dir, MANIFEST);
    Path file = dir.resolve(MANIFEST);
    if (!Files.isRegularFile(file)) {
      throw new BundleException(
          prefix
              + "is missing, so this is not a complete bundle; it is written last, export again or"
              + " copy the whole folder");
    }
    try {
      if (Files.size(file) > MAX_MANIFEST_BYTES) {
        throw new BundleException(
            "is too large for a manifest: %d bytes".formatted(Files.size(file)));
      }
      return Manifest.parse(Files.readString(file));
    } catch (BundleException e) {
      throw new BundleException(prefix + e.getMessage(), e);
    } catch (IOException e) {
      throw new BundleException(prefix + "cannot be read: " + e.getMessage(), e);
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
  }

  private void verifyFile(String file, String sha256) {
    if (!file.equals(Path.of(file).getFileName().toString())) {
      throw broken(MANIFEST, "lists '%s', which is not a plain file name".formatted(file));
    }
    Path path = path(file);
    if (!Files.isRegularFile(path)) {
      throw broken(file, "is missing; copy the whole folder again or export the model again");
    }
    try {
      String actual = FileHash.sha256(path);
      if (!actual.equals(sha256)) {
        throw broken(
            file,
            ("is truncated or altered: it has %d bytes of SHA-256 %s but the manifest says %s; "
                    + "copy the whole folder again or export the model again")
                .formatted(Files.size(path), actual, sha256));
      }
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
