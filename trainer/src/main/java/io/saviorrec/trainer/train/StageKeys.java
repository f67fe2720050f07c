package io.saviorrec.trainer.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.config.Settings;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// The keys of a run's stages.
///
/// The texts of the networks and the code are part of every key: a change of either can change what
/// a stage gives, and nobody can tell beforehand whether it does.
///
/// @param checkpoint SHA-256 of what the encoder starts from; empty where it starts at random
/// @param seed of the encoder and the quantizer
/// @param rankerSeed which no stage before the ranker depends on
record StageKeys(
    Toolchain toolchain,
    DataFingerprint data,
    TrainConfig config,
    String checkpoint,
    long seed,
    long rankerSeed,
    int threads) {
  static final List<String> ENCODER_SCRIPTS =
      List.of(
          "encoder.py",
          "encoder_bag.py",
          "encoder_plain.py",
          "encoder_pooled.py",
          "encoder_profile.py",
          "encoder_shortcuts.py",
          "infonce.py",
          "kmeans.py",
          "picture.py",
          "profile.py",
          "words.py");
  static final List<String> QUANTIZER_SCRIPTS = List.of("infonce.py", "kmeans.py", "rq.py");

  static final List<String> RANKER_SCRIPTS =
      List.of(
          "bbqrec.py",
          "chime.py",
          "mba.py",
          "mim.py",
          "plain.py",
          "pooled.py",
          "ranker.py",
          "similarity.py",
          "simtier.py");

  StageKey encoder() {
    SortedMap<String, String> inputs = inputs(ENCODER_SCRIPTS);
    inputs.put("data", data.learned());
    inputs.put("settings.coClicks", Settings.tree(config.coClicks()).toString());
    // The checkpoint counts by what it holds, wherever it lies.
    ObjectNode encoder = Settings.tree(config.encoder());
    encoder.remove("checkpoint");
    inputs.put("settings.encoder", encoder.toString());
    inputs.put("checkpoint", checkpoint);
    return new StageKey(inputs);
  }

  StageKey quantizer() {
    SortedMap<String, String> inputs = inputs(QUANTIZER_SCRIPTS);
    inputs.put("stage.encoder", encoder().sha());
    inputs.put("settings.quantizer", Settings.tree(config.quantizer()).toString());
    return new StageKey(inputs);
  }

  /// Of the shards that the ranker reads; they are the same for every seed.
  StageKey input() {
    SortedMap<String, String> inputs = new TreeMap<>();
    inputs.put("data", data.whole());
    toolchain.versions().forEach((name, version) -> inputs.put("version." + name, version));
    return new StageKey(inputs);
  }

  /// Not of files that it leaves, but of its checkpoints.
  StageKey ranker() {
    SortedMap<String, String> inputs = inputs(RANKER_SCRIPTS);
    inputs.put("seed", Long.toString(rankerSeed));
    inputs.put("stage.quantizer", quantizer().sha());
    inputs.put("data", data.whole());
    inputs.put("settings.ranker", Settings.tree(config.ranker()).toString());
    return new StageKey(inputs);
  }

  private SortedMap<String, String> inputs(List<String> scripts) {
    SortedMap<String, String> inputs = new TreeMap<>();
    inputs.put("seed", Long.toString(seed));
    inputs.put("threads", Integer.toString(threads));
    toolchain.versions().forEach((name, version) -> inputs.put("version." + name, version));
    scripts.forEach(
        script -> inputs.put("torchscript." + script, toolchain.scripts().apply(script)));
    return inputs;
  }
}
