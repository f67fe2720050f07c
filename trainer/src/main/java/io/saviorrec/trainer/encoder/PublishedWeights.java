package io.saviorrec.trainer.encoder;

import io.saviorrec.config.ConfigException;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.encoder.TowerWeights.Form;
import io.saviorrec.trainer.encoder.TowerWeights.Slot;
import io.saviorrec.trainer.pretrained.Checkpoint;
import io.saviorrec.trainer.pretrained.Shape;
import io.saviorrec.trainer.pretrained.Weight;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/// The towers of a checkpoint that others published: it fits the settings and has every weight that
/// the towers need, and none that they do not know.
final class PublishedWeights implements InitialWeights {
  private static final String PROFILE = "profile.enabled";

  /// Tokens of a text in CN-CLIP, `[CLS]` and `[SEP]` included.
  private static final int CONTEXT = 52;

  /// Features of a head where a checkpoint does not tell the heads.
  private static final int HEAD_WIDTH = 64;

  /// How many names an error tells; a checkpoint of another model has hundreds.
  private static final int NAMED = 5;

  private static final double MIN_TEMPERATURE = 0.01;

  /// Heads for pre-training and buffers, which published checkpoints have beside the towers.
  private static final String IGNORED =
      "(?:(?:text_model|bert)\\.)?(?:pooler\\..*|embeddings\\.position_ids)"
          + "|vision_model\\.embeddings\\.position_ids|cls\\..*";

  private final Checkpoint checkpoint;
  private final List<Slot> slots;

  private PublishedWeights(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    this.slots = TowerWeights.of(checkpoint.format(), checkpoint.shape());
  }

  /// Opens a checkpoint and holds it against the settings; the weights' numbers are not read yet.
  static PublishedWeights open(Path path, EncoderConfig config) {
    PublishedWeights weights = new PublishedWeights(Checkpoint.open(path));
    try {
      weights.requireFittingSettings(config);
      weights.requireWeights();
      weights.vocabulary();
      return weights;
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  /// The settings of the encoder that a checkpoint decides.
  static SequencedMap<String, String> shape(Path path) {
    SequencedMap<String, String> chosen = new LinkedHashMap<>();
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      Shape shape = checkpoint.shape();
      Shape.ImageTower image = shape.image();
      if (image != null) {
        put(chosen, "imageSize", image.imageSize());
        put(chosen, "patchSize", image.patchSize());
        chosen.put("shortcuts", "false");
        put(chosen, "image", image.tower());
        put(chosen, "merge.width", shape.projection());
      }
      put(chosen, "text", shape.text().tower());
      chosen.put(PROFILE, "false");
      put(chosen, "maxTokens", Math.min(CONTEXT, shape.text().positions()));
    }
    return chosen;
  }

  private static void put(SequencedMap<String, String> chosen, String stack, Shape.Tower tower) {
    put(chosen, stack + ".width", tower.width());
    put(chosen, stack + ".layers", tower.layers());
    put(
        chosen,
        stack + ".heads",
        tower.heads() > 0 ? tower.heads() : Math.max(1, tower.width() / HEAD_WIDTH));
  }

  private static void put(SequencedMap<String, String> chosen, String key, int value) {
    chosen.put(key, Integer.toString(value));
  }

  /// The SHA-256 of all files of a checkpoint.
  static String hash(Path path) {
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      return checkpoint.hash();
    }
  }

  private void requireFittingSettings(EncoderConfig config) {
    Shape shape = checkpoint.shape();
    List<String> problems = new ArrayList<>();
    Shape.ImageTower image = shape.image();
    if (image != null) {
      require(problems, "imageSize", image.imageSize(), config.imageSize());
      require(problems, "patchSize", image.patchSize(), config.patchSize());
      require(problems, "image", image.tower(), config.image());
      require(problems, "merge.width", shape.projection(), config.merge().width());
      if (config.shortcuts()) {
        problems.add(
            "encoder.shortcuts must be false as in the checkpoint %s, whose patches are linear in their pixels, was true"
                .formatted(checkpoint.path()));
      }
    }
    require(problems, "text", shape.text().tower(), config.text());
    if (config.profile().enabled()) {
      problems.add(
          "encoder.%s must be false as in the checkpoint %s, which has towers, was true"
              .formatted(PROFILE, checkpoint.path()));
    }
    if (config.maxTokens() > shape.text().positions()) {
      problems.add(
          "encoder.maxTokens must be at most the %d positions of the checkpoint %s, was %d"
              .formatted(shape.text().positions(), checkpoint.path(), config.maxTokens()));
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  private void require(
      List<String> problems, String key, Shape.Tower tower, EncoderConfig.Stack stack) {
    require(problems, key + ".width", tower.width(), stack.width());
    require(problems, key + ".layers", tower.layers(), stack.layers());
    if (tower.heads() > 0) {
      require(problems, key + ".heads", tower.heads(), stack.heads());
    }
  }

  private void require(List<String> problems, String key, int must, int was) {
    if (was != must) {
      problems.add(
          "encoder.%s must be %d as in the checkpoint %s, was %d"
              .formatted(key, must, checkpoint.path(), was));
    }
  }

  private void requireWeights() {
    Map<String, Weight> there = checkpoint.weights();
    List<String> missing = new ArrayList<>();
    List<String> misshapen = new ArrayList<>();
    Set<String> known = new HashSet<>();
    for (Slot slot : slots) {
      for (String name : slot.weights()) {
        known.add(name);
        Weight weight = there.get(name);
        if (weight == null) {
          missing.add(name);
        } else if (!weight.shape().equals(slot.shape())) {
          misshapen.add("%s is %s and must be %s".formatted(name, weight.shape(), slot.shape()));
        }
      }
    }
    if (checkpoint.format() != Checkpoint.Format.BERT) {
      known.add(TowerWeights.LOG_SCALE);
      Weight scale = there.get(TowerWeights.LOG_SCALE);
      if (scale == null) {
        missing.add(TowerWeights.LOG_SCALE);
      } else if (scale.shape().stream().anyMatch(side -> side != 1)) {
        misshapen.add(
            "%s is %s and must be one number".formatted(TowerWeights.LOG_SCALE, scale.shape()));
      }
    }
    List<String> surplus =
        there.keySet().stream()
            .filter(name -> !known.contains(name) && !name.matches(IGNORED))
            .toList();
    List<String> faults = new ArrayList<>();
    tell(faults, "missing: ", missing);
    tell(faults, "of another shape: ", misshapen);
    tell(faults, "unknown: ", surplus);
    if (!faults.isEmpty()) {
      throw new UserError(
          "the weights of the checkpoint %s are not those of its shape; %s"
              .formatted(checkpoint.path(), String.join("; ", faults)));
    }
  }

  private static void tell(List<String> faults, String what, List<String> names) {
    if (!names.isEmpty()) {
      String some = names.stream().limit(NAMED).collect(Collectors.joining(", "));
      int more = names.size() - NAMED;
      faults.add(what + some + (more > 0 ? " and %d more".formatted(more) : ""));
    }
  }

  /// It must have every special token, before the words.
  private Vocabulary vocabulary() {
    List<String> words = checkpoint.vocabulary();
    for (String special : TokenizerFile.SPECIAL) {
      int id = words.lastIndexOf(special);
      if (id < 0) {
        throw new UserError(
            "the vocabulary of the checkpoint %s has no %s".formatted(checkpoint.path(), special));
      }
    }
    int lastSpecial =
        TokenizerFile.SPECIAL.stream().mapToInt(words::lastIndexOf).max().orElseThrow();
    if (lastSpecial > words.size() / 2) {
      throw new UserError(
          "the vocabulary of the checkpoint %s has special tokens behind words"
              .formatted(checkpoint.path()));
    }
    return new Vocabulary(checkpoint.shape().text().words(), lastSpecial + 1);
  }

  @Override
  public Vocabulary writeTokenizer(Path file, EncoderConfig config, TokenizerBuilder texts) {
    TokenizerFile.write(file, checkpoint.vocabulary(), checkpoint.lowerCase());
    return vocabulary();
  }

  /// What a CLIP's towers were trained with, within what [io.saviorrec.trainer.contrast.InfoNce]
  /// allows.
  @Override
  public double temperature(double otherwise) {
    Weight scale = checkpoint.weights().get(TowerWeights.LOG_SCALE);
    return checkpoint.format() == Checkpoint.Format.BERT || scale == null
        ? otherwise
        : Math.clamp(Math.exp(-scale.floats()[0]), MIN_TEMPERATURE, 1.0);
  }

  @Override
  public ScriptModule network(EncoderConfig config, Vocabulary vocabulary, long[] tokenCounts) {
    Shape.ImageTower image = checkpoint.shape().image();
    return EncoderNetwork.create(
        config,
        vocabulary,
        image == null ? 4 * config.image().width() : image.tower().mlpWidth(),
        checkpoint.shape().text().tower().mlpWidth(),
        pooledText());
  }

  /// A text tower alone has been made for such a mean, and nothing else is known that leads from
  /// it.
  @Override
  public boolean pooledText() {
    return checkpoint.format() == Checkpoint.Format.BERT;
  }

  @Override
  public Set<String> parameters() {
    return slots.stream().map(Slot::parameter).collect(Collectors.toCollection(LinkedHashSet::new));
  }

  @Override
  public void fill(ScriptModule module) {
    for (Slot slot : slots) {
      try (var _ = new PointerScope();
          var _ = new NoGradGuard()) {
        Tensor parameter = module.parameter(slot.parameter());
        Tensor target = slot.layer() < 0 ? parameter : parameter.select(0, slot.layer());
        float[] values = values(slot, Math.toIntExact(target.numel()));
        target.copy_(Tensors.floats(values, target.shape()));
      }
    }
  }

  private float[] values(Slot slot, int count) {
    float[] values = new float[count];
    int at = 0;
    for (String name : slot.weights()) {
      Weight weight = checkpoint.weights().get(name);
      if (weight == null) {
        throw new IllegalStateException("the weights were not checked");
      }
      float[] some = weight.floats();
      if (slot.form() == Form.TRANSPOSED) {
        return transposed(some, slot.shape());
      }
      System.arraycopy(some, 0, values, at, Math.min(some.length, count - at));
      at += some.length;
    }
    return values;
  }

  private static float[] transposed(float[] values, List<Long> shape) {
    int rows = Math.toIntExact(shape.get(0));
    int columns = Math.toIntExact(shape.get(1));
    float[] out = new float[values.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        out[c * rows + r] = values[r * columns + c];
      }
    }
    return out;
  }

  @Override
  public void close() {
    checkpoint.close();
  }
}
