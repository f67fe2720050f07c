package io.saviorrec.trainer.encoder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.FileHash;
import io.saviorrec.config.ConfigException;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/// The encoder of a bundle, all of it, of profiles or of towers, and its vocabulary.
///
/// Profiles are made of words, and those of another data set are not the bundle's. So an encoder of
/// profiles that goes on learning gets them besides: they stand behind the bundle's own in the
/// vocabulary and among the profile's, and start at random.
final class BundleWeights implements InitialWeights {
  private static final String PROFILE = "profile.enabled";
  private static final String PROFILE_WIDTH = "profile.width";

  /// The settings that make one encoder of profiles another.
  private static final List<String> PROFILE_SHAPE =
      List.of("imageSize", PROFILE, PROFILE_WIDTH, "zDim");

  /// The settings that make one encoder of towers another.
  private static final List<String> TOWER_SHAPE =
      List.of(
          "imageSize",
          "patchSize",
          "shortcuts",
          PROFILE,
          "image.width",
          "image.layers",
          "image.heads",
          "text.width",
          "text.layers",
          "text.heads",
          "maxTokens",
          "merge.width",
          "merge.layers",
          "merge.heads",
          "zDim");

  private static final long[] NONE = {};

  private final Bundle bundle;
  private final Vocabulary vocabulary;
  private final boolean pooledText;
  private final long[] profileWords;
  private final int imageMlp;
  private final int textMlp;
  private final Set<String> parameters = new TreeSet<>();

  private BundleWeights(Bundle bundle, EncoderConfig config) {
    this.bundle = bundle;
    try (var _ = new PointerScope()) {
      ScriptModule archive = archive();
      boolean profile = config.profile().enabled();
      this.vocabulary =
          new Vocabulary(
              Math.toIntExact(tensor(archive, profile ? "word" : "text_word").size(0)),
              Math.toIntExact(archive.whole("first_word")));
      this.profileWords = profile ? Tensors.toLongs(tensor(archive, ProfileNetwork.WORDS)) : NONE;
      this.imageMlp = profile ? 0 : Math.toIntExact(tensor(archive, "image_fc_weight").size(1));
      this.textMlp = profile ? 0 : Math.toIntExact(tensor(archive, "text_fc_weight").size(1));
      this.pooledText = archive.tensor(EncoderNetwork.STRAIGHT_TEXT + "_weight").isPresent();
      ScriptModule fresh = network(config, vocabulary, new long[vocabulary.size()]);
      fresh.parameters().forEach((name, parameter) -> require(archive, name, parameter));
      parameters.addAll(fresh.parameters().keySet());
    }
  }

  static BundleWeights open(Path path, EncoderConfig config) {
    Bundle bundle = Bundle.open(path);
    JsonNode own = Settings.tree(config);
    List<String> problems = new ArrayList<>();
    for (String key : shape(bundle)) {
      String must = recorded(bundle, key).asText();
      String was = at(own, key).asText();
      if (!was.equals(must)) {
        problems.add(
            "encoder.%s must be %s as in the bundle %s, was %s".formatted(key, must, path, was));
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    return new BundleWeights(bundle, config);
  }

  static SequencedMap<String, String> shape(Path path) {
    Bundle bundle = Bundle.open(path);
    SequencedMap<String, String> shape = new LinkedHashMap<>();
    shape(bundle).forEach(key -> shape.put(key, recorded(bundle, key).asText()));
    return shape;
  }

  static String hash(Path path) {
    Bundle bundle = Bundle.open(path);
    try {
      return FileHash.sha256(bundle.path(Bundle.ENCODER))
          + FileHash.sha256(bundle.path(Bundle.TOKENIZER));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> shape(Bundle bundle) {
    return recorded(bundle, PROFILE).asBoolean() ? PROFILE_SHAPE : TOWER_SHAPE;
  }

  /// Manifests that say nothing of profiles are of encoders with towers.
  private static JsonNode recorded(Bundle bundle, String key) {
    JsonNode settings = bundle.manifest().provenance().settings().path("encoder");
    if (key.equals(PROFILE) && !settings.has("profile")) {
      return BooleanNode.FALSE;
    }
    JsonNode value = at(settings, key);
    if (!value.isValueNode()) {
      throw new UserError(
          "the manifest of %s does not say encoder.%s".formatted(bundle.dir(), key));
    }
    return value;
  }

  private static JsonNode at(JsonNode tree, String key) {
    JsonNode node = tree;
    for (String name : key.split("\\.", -1)) {
      node = node.path(name);
    }
    return node;
  }

  private ScriptModule archive() {
    return ScriptModule.load(bundle.path(Bundle.ENCODER));
  }

  private Tensor tensor(ScriptModule archive, String name) {
    Tensor tensor = archive.tensor(name).orElse(null);
    if (tensor == null) {
      throw new UserError("the encoder of %s lacks the weight %s".formatted(bundle.dir(), name));
    }
    return tensor;
  }

  private void require(ScriptModule archive, String name, Tensor parameter) {
    long[] was = tensor(archive, name).shape();
    if (!Arrays.equals(was, parameter.shape())) {
      throw new UserError(
          "the encoder of %s has %s of shape %s and must have %s"
              .formatted(
                  bundle.dir(), name, Arrays.toString(was), Arrays.toString(parameter.shape())));
    }
  }

  @Override
  public Vocabulary writeTokenizer(Path file, EncoderConfig config, TokenizerBuilder texts) {
    Path own = bundle.path(Bundle.TOKENIZER);
    if (!learnsWords(config)) {
      try {
        Files.copy(own, file, StandardCopyOption.REPLACE_EXISTING);
        return vocabulary;
      } catch (IOException e) {
        throw DiskFault.writing(file, e);
      }
    }
    Set<String> entries = new LinkedHashSet<>(TokenizerFile.vocabulary(own));
    entries.addAll(texts.vocabulary(config.vocabularySize()));
    TokenizerFile.write(file, List.copyOf(entries), true);
    return new Vocabulary(entries.size(), vocabulary.firstWord());
  }

  private static boolean learnsWords(EncoderConfig config) {
    return config.profile().enabled()
        && config.checkpointRate() > 0
        && (config.adapt().epochs() > 0 || config.align().epochs() > 0);
  }

  @Override
  public double temperature(double otherwise) {
    return otherwise;
  }

  @Override
  public ScriptModule network(EncoderConfig config, Vocabulary words, long[] tokenCounts) {
    if (!config.profile().enabled()) {
      return EncoderNetwork.create(config, words, imageMlp, textMlp, pooledText);
    }
    long[] fresh = learnsWords(config) ? ProfileNetwork.words(config, words, tokenCounts) : NONE;
    return ProfileNetwork.create(
        config,
        words,
        LongStream.concat(Arrays.stream(profileWords), Arrays.stream(fresh)).distinct().toArray());
  }

  @Override
  public boolean pooledText() {
    return pooledText;
  }

  @Override
  public Set<String> parameters() {
    return parameters;
  }

  @Override
  public void fill(ScriptModule module) {
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      ScriptModule archive = archive();
      module.parameters().forEach((name, parameter) -> copy(archive, name, parameter));
      module.buffers().forEach((name, buffer) -> copy(archive, name, buffer));
    }
  }

  private void copy(ScriptModule archive, String name, Tensor into) {
    Tensor own = tensor(archive, name);
    if (Arrays.equals(own.shape(), into.shape())) {
      into.copy_(own);
    } else {
      ProfileNetwork.copy(name, own, into);
    }
  }

  @Override
  public void close() {
    // The archive is read when it is asked for.
  }
}
