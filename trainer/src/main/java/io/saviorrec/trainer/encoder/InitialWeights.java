package io.saviorrec.trainer.encoder;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.torch.ScriptModule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SequencedMap;
import java.util.Set;

/// What an encoder starts from in place of random weights: the towers of a checkpoint that others
/// published, or the whole encoder of a bundle.
public sealed interface InitialWeights extends AutoCloseable
    permits PublishedWeights, BundleWeights {

  /// Opens what settings start from and holds it against them; the weights' numbers are not read
  /// yet.
  ///
  /// @param path the settings' checkpoint
  /// @throws io.saviorrec.config.ConfigException when settings differ from it
  /// @throws io.saviorrec.trainer.console.UserError when it cannot be used, or weights are missing,
  ///   unknown or of another shape
  static InitialWeights open(String path, EncoderConfig config) {
    Path place = Path.of(path);
    return isBundle(place)
        ? BundleWeights.open(place, config)
        : PublishedWeights.open(place, config);
  }

  /// Does nothing where settings start at random or from what can be used.
  ///
  /// @throws io.saviorrec.config.ConfigException as [#open]
  /// @throws io.saviorrec.trainer.console.UserError as [#open]
  static void check(EncoderConfig config) {
    if (config.checkpoint() != null) {
      open(config.checkpoint(), config).close();
    }
  }

  /// The SHA-256 of what these settings start from; nothing where they start at random.
  static String hash(EncoderConfig config) {
    if (config.checkpoint() == null) {
      return "";
    }
    Path place = Path.of(config.checkpoint());
    return isBundle(place) ? BundleWeights.hash(place) : PublishedWeights.hash(place);
  }

  /// The settings of the encoder, by their keys within its section, that a checkpoint decides.
  static SequencedMap<String, String> shape(String path) {
    Path place = Path.of(path);
    return isBundle(place) ? BundleWeights.shape(place) : PublishedWeights.shape(place);
  }

  private static boolean isBundle(Path place) {
    return Files.isRegularFile(place.resolve(Bundle.MANIFEST));
  }

  /// Writes the `tokenizer.json`.
  ///
  /// @param texts the training items'
  Vocabulary writeTokenizer(Path file, EncoderConfig config, TokenizerBuilder texts);

  /// τ that the towers find each other with.
  ///
  /// @param otherwise where nothing is said of it
  double temperature(double otherwise);

  /// A network of their shape, with fresh weights.
  ///
  /// @param vocabulary the tokenizer's
  /// @param tokenCounts of each token in the training items
  ScriptModule network(EncoderConfig config, Vocabulary vocabulary, long[] tokenCounts);

  /// Whether the mean of the text tower's outputs goes straight to z, where there are shortcuts.
  boolean pooledText();

  /// The names of the parameters that [#fill] sets.
  Set<String> parameters();

  /// Puts the weights in place of a fresh network's.
  void fill(ScriptModule module);

  @Override
  void close();
}
