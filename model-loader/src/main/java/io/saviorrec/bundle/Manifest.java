package io.saviorrec.bundle;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.content.TextPart;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.ScoreSource;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a model bundle says of itself, `manifest.json`.
///
/// @param formatVersion the version of the bundle's layout, [#FORMAT_VERSION]
/// @param model the model's name: the folder above the version
/// @param version the model's version: the folder's name
/// @param variant the kind of ranker: `saviorrec`, `base`, …
/// @param createdAt when it was exported, ISO 8601
/// @param dims sizes of the network that callers must know
/// @param features columns of profile, context and item, names of the item statistics
/// @param image what the encoder expects of images
/// @param text what the encoder expects of texts
/// @param lineage where the parts come from
/// @param provenance how it was made
/// @param metrics what was measured at export, by name
/// @param fallback how items that a server does not know are scored
/// @param goldenTolerance largest difference allowed between a golden score and its replay
/// @param taste the users' taste profiles, an extension; null: the model has none
/// @param files SHA-256, in lower-case hexadecimal, of every other file by its name
public record Manifest(
    int formatVersion,
    String model,
    long version,
    String variant,
    String createdAt,
    Dims dims,
    FeatureSchema features,
    ImageSpec image,
    TextSpec text,
    Lineage lineage,
    Provenance provenance,
    SortedMap<String, Double> metrics,
    Fallback fallback,
    double goldenTolerance,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Taste taste,
    SortedMap<String, String> files) {

  /// The layout that this code writes and reads.
  public static final int FORMAT_VERSION = 4;

  /// Sizes of the network.
  ///
  /// @param zDim width D of the multimodal embedding z
  /// @param levels residual levels L of the semantic ID
  /// @param codebookSize codes K of a level; code K itself is padding
  /// @param mbaDim width of an MBA codebook row
  /// @param heads attention heads
  /// @param historyLength clicks of a user that the ranker looks at
  /// @param stateWidth width E of an item's state in the ranker's table
  /// @param userWidth width U of a user's state in the ranker's table
  /// @param stateHoldsHistory whether scoring needs a user's state alone; else it needs the items
  ///   of the history too
  public record Dims(
      int zDim,
      int levels,
      int codebookSize,
      int mbaDim,
      int heads,
      int historyLength,
      int stateWidth,
      int userWidth,
      boolean stateHoldsHistory) {

    public Dims {
      checkPositive("zDim", zDim);
      checkPositive("levels", levels);
      checkPositive("codebookSize", codebookSize);
      checkPositive("mbaDim", mbaDim);
      checkPositive("heads", heads);
      checkPositive("historyLength", historyLength);
      checkPositive("stateWidth", stateWidth);
      checkPositive("userWidth", userWidth);
    }
  }

  /// The encoder's images: unsigned bytes, RGB planes, resized to `size` × `size` pixels.
  public record ImageSpec(int size) {

    public ImageSpec {
      checkPositive("image.size", size);
    }
  }

  /// The encoder's texts: cut and padded to `maxTokens` tokens.
  ///
  /// @param parts of an item's words that it reads, in their order; all where a manifest does not
  ///   say
  public record TextSpec(int maxTokens, List<TextPart> parts) {

    public TextSpec {
      checkPositive("text.maxTokens", maxTokens);
      parts = List.copyOf(parts);
      if (parts.isEmpty() || !parts.equals(parts.stream().distinct().sorted().toList())) {
        throw new IllegalArgumentException(
            "text.parts must be some of title, category and text in this order, was " + parts);
      }
    }
  }

  /// Where the parts of a model come from.
  ///
  /// @param dataSet the name of the data set
  /// @param seed the seed of the run
  /// @param trainedUntil the end of the training data, unix seconds
  /// @param encoderSha SHA-256 of `encoder.pt`, which z depends on
  /// @param rqSha SHA-256 of `rq.pt`, which the codes depend on
  /// @param rankerParent SHA-256 of the ranker that training started from; null: from scratch
  public record Lineage(
      String dataSet,
      long seed,
      long trainedUntil,
      String encoderSha,
      String rqSha,
      @Nullable String rankerParent) {}

  /// What is added to the logit of an item that a server does not know, by the step that scores it
  /// ([io.saviorrec.contract.SharedItems]): the ranker never saw the like in training, and would
  /// score it too high or too low on average.
  ///
  /// @param unknownItem where nothing is known of an item
  /// @param sharedCategory where its category is
  /// @param sharedCodes where its semantic ID is
  public record Fallback(Shift unknownItem, Shift sharedCategory, Shift sharedCodes) {

    /// No shifts.
    public static final Fallback NONE = of(0, 0, 0);

    /// Shifts that do not depend on the base model's prediction.
    public static Fallback of(double unknownItem, double sharedCategory, double sharedCodes) {
      return new Fallback(
          new Shift(unknownItem, unknownItem),
          new Shift(sharedCategory, sharedCategory),
          new Shift(sharedCodes, sharedCodes));
    }

    /// What is added to the logits of an item whose representation comes from there.
    ///
    /// @param hasBase whether the base model's prediction is known
    public double shift(ScoreSource source, boolean hasBase) {
      Shift shift =
          switch (source) {
            case UNKNOWN_ITEM -> unknownItem;
            case SHARED_CATEGORY -> sharedCategory;
            case SHARED_CODES -> sharedCodes;
            case SCORE_SOURCE_UNSPECIFIED, TRAINED, ENCODED, PCTR_BASE, UNRECOGNIZED -> Shift.NONE;
          };
      return hasBase ? shift.withBase : shift.withoutBase;
    }
  }

  /// A shift of logits.
  ///
  /// @param withBase of candidates that have a `pctr_base`
  /// @param withoutBase of those that have none
  public record Shift(double withBase, double withoutBase) {
    static final Shift NONE = new Shift(0, 0);

    private static final double FARTHEST = 20;

    public Shift {
      checkShift("withBase", withBase);
      checkShift("withoutBase", withoutBase);
    }

    private static void checkShift(String name, double shift) {
      // Written so that NaN fails too.
      if (!(Math.abs(shift) <= FARTHEST)) {
        throw new IllegalArgumentException(
            "a shift's %s must be in [-%.0f, %.0f], was %s"
                .formatted(name, FARTHEST, FARTHEST, shift));
      }
    }
  }

  /// The taste profiles of a bundle, and what must be known to compute them further.
  ///
  /// @param width numbers of a profile
  /// @param halfLife impressions of a user after which an earlier one counts half
  /// @param clickRate prior of an item's click rate, which stands for a missing `pctr_base`
  /// @param users users that have a profile
  /// @param until impressions before this are in them, unix seconds
  /// @param dataSet the name of the data set that the last of them are from
  /// @param parentVersion the version whose profiles were continued; null: they are of the training
  public record Taste(
      int width,
      double halfLife,
      double clickRate,
      long users,
      long until,
      String dataSet,
      @Nullable Long parentVersion) {

    public Taste {
      checkPositive("taste.width", width);
      // Written so that NaN fails too.
      if (!(halfLife > 0)) {
        throw new IllegalArgumentException("taste.halfLife must be positive, was " + halfLife);
      }
    }
  }

  /// A manifest of a model without taste profiles.
  public Manifest(
      int formatVersion,
      String model,
      long version,
      String variant,
      String createdAt,
      Dims dims,
      FeatureSchema features,
      ImageSpec image,
      TextSpec text,
      Lineage lineage,
      Provenance provenance,
      SortedMap<String, Double> metrics,
      Fallback fallback,
      double goldenTolerance,
      SortedMap<String, String> files) {
    this(
        formatVersion,
        model,
        version,
        variant,
        createdAt,
        dims,
        features,
        image,
        text,
        lineage,
        provenance,
        metrics,
        fallback,
        goldenTolerance,
        null,
        files);
  }

  public Manifest {
    if (!(goldenTolerance > 0 && goldenTolerance < 1)) {
      throw new IllegalArgumentException(
          "goldenTolerance must be in (0, 1), was " + goldenTolerance);
    }
    try {
      Instant.parse(createdAt);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "createdAt must be a time such as 2026-01-31T12:00:00Z, was '%s'".formatted(createdAt),
          e);
    }
    metrics = Collections.unmodifiableSortedMap(new TreeMap<>(metrics));
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
  }

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /// Numbers of a user's taste profile; 0: the model takes none.
  public int tasteWidth() {
    return taste == null ? 0 : taste.width;
  }

  /// The manifest of a version made at another time with these taste profiles, and otherwise the
  /// same.
  public Manifest with(Taste taste, String createdAt) {
    return new Manifest(
        formatVersion,
        model,
        version,
        variant,
        createdAt,
        dims,
        features,
        image,
        text,
        lineage,
        provenance,
        metrics,
        fallback,
        goldenTolerance,
        taste,
        files);
  }

  /// The manifest under another name and version and with these files.
  Manifest with(String model, long version, SortedMap<String, String> files) {
    return new Manifest(
        FORMAT_VERSION,
        model,
        version,
        variant,
        createdAt,
        dims,
        features,
        image,
        text,
        lineage,
        provenance,
        metrics,
        fallback,
        goldenTolerance,
        taste,
        files);
  }

  /// The manifest as its file has it.
  public String toJson() {
    try {
      return JSON.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A manifest can always be written", e);
    }
  }

  /// Reads a manifest; the format version is looked at first, because the rest depends on it.
  ///
  /// @param problems each thing that is wrong with it
  /// @return null when something is
  static @Nullable Manifest parse(String json, Consumer<BundleException> problems) {
    try {
      JsonNode tree = JSON.readTree(json);
      JsonNode format = tree.get("formatVersion");
      if (format == null || !format.isIntegralNumber()) {
        problems.accept(new BundleException("is not a bundle manifest: it has no formatVersion"));
        return null;
      }
      if (format.asLong() != FORMAT_VERSION) {
        problems.accept(
            new BundleException(
                ("is of bundle format %s but this program reads format %d; "
                        + "export the model again or use the matching release")
                    .formatted(format.asText(), FORMAT_VERSION)));
        return null;
      }
      if (!tree.has("taste")) {
        var _ = ((ObjectNode) tree).putNull("taste");
      }
      if (tree.get("text") instanceof ObjectNode text && !text.has("parts")) {
        ArrayNode parts = text.putArray("parts");
        TextPart.ALL.forEach(part -> parts.add(part.toString()));
      }
      boolean[] sound = {true};
      new ManifestTree(
              problem -> {
                sound[0] = false;
                problems.accept(new BundleException("is malformed: " + problem));
              })
          .check("", Manifest.class, tree);
      return sound[0] ? JSON.treeToValue(tree, Manifest.class) : null;
    } catch (JsonParseException e) {
      problems.accept(
          new BundleException(
              "is malformed: it is not JSON, line " + e.getLocation().getLineNr(), e));
    } catch (ValueInstantiationException e) {
      problems.accept(new BundleException("is malformed: " + refusal(e), e));
    } catch (JsonProcessingException e) {
      problems.accept(new BundleException("is malformed: " + e.getOriginalMessage(), e));
    }
    return null;
  }

  /// What a record says of a value, and where that is.
  private static String refusal(ValueInstantiationException e) {
    String path =
        e.getPath().stream()
            .map(
                reference ->
                    reference.getFieldName() == null
                        ? "[" + reference.getIndex() + "]"
                        : "." + reference.getFieldName())
            .collect(Collectors.joining());
    String problem =
        e.getCause() == null ? e.getOriginalMessage() : String.valueOf(e.getCause().getMessage());
    return path.isEmpty() ? problem : path.substring(1) + ": " + problem;
  }

  private static void checkPositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, was " + value);
    }
  }
}
