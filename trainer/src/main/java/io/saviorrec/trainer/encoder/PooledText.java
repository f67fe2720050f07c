package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.torch.ScriptModule;
import java.util.Arrays;
import java.util.Comparator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Where what follows a published text tower starts: at the directions in which the catalogue's
/// texts differ.
///
/// Such a tower says what a text is about in the mean of its outputs. A projection at random keeps
/// little of that, and a catalogue of some thousand items is too small to learn one. So the
/// projection of the outputs starts as the principal components of these means, and the straight
/// map to z, where there is one, hands them on with a variance of one on average.
final class PooledText {
  private static final int BATCH = 64;

  /// Of what pictures give straight to z at the start: nothing is known of them yet, and they must
  /// not drown what is known of the words.
  private static final double PICTURE_SHARE = 0.1;

  private PooledText() {}

  /// @param items that may be learned from; of many, some evenly spread ones are read
  static void start(ScriptModule network, ItemInputs inputs, int[] items) {
    int[] spoken = Arrays.stream(items).filter(inputs::hasText).toArray();
    if (spoken.length < 2) {
      return;
    }
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      Tensor means = means(network, inputs, sample(spoken, inputs));
      Tensor mean = means.mean(0);
      Tensor differences = means.sub(mean);
      Tensor projection = network.parameter("text_projection");
      Tensor components = PrincipalComponents.of(differences, Math.toIntExact(projection.size(0)));
      projection.narrow(0, 0, components.size(0)).copy_(components);
      if (network.parameters().containsKey(EncoderNetwork.STRAIGHT_TEXT + "_weight")) {
        Tensor variances = differences.matmul(components.t()).square().mean(0);
        straight(network, components, mean, variances);
      }
    }
  }

  private static void straight(
      ScriptModule network, Tensor components, Tensor mean, Tensor variances) {
    Tensor weight = network.parameter(EncoderNetwork.STRAIGHT_TEXT + "_weight");
    long handed = Math.min(components.size(0), weight.size(0));
    Tensor scale = variances.narrow(0, 0, handed).mean().add(new Scalar(1e-12)).rsqrt();
    Tensor map = torch.eye(handed, weight.size(1)).to(ScalarType.Double).mul(scale);
    weight.narrow(0, 0, handed).copy_(map);
    Tensor centre = components.narrow(0, 0, handed).matmul(mean).mul(scale).neg();
    network.parameter(EncoderNetwork.STRAIGHT_TEXT + "_bias").narrow(0, 0, handed).copy_(centre);
    for (String picture : EncoderNetwork.STRAIGHT_PICTURE) {
      network.parameter(picture + "_weight").mul_(new Scalar(PICTURE_SHARE));
    }
  }

  /// Texts of like length together, so that little is read of padding.
  private static int[] sample(int[] items, ItemInputs inputs) {
    return Arrays.stream(PrincipalComponents.sample(items))
        .boxed()
        .sorted(Comparator.comparingInt(inputs::tokens))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static Tensor means(ScriptModule network, ItemInputs inputs, int[] items) {
    long width = network.parameter("text_word").size(1);
    Tensor means = torch.empty(items.length, width).to(ScalarType.Double);
    try (Progress progress = Progress.start("reading texts", items.length)) {
      for (int from = 0; from < items.length; from += BATCH) {
        int to = Math.min(items.length, from + BATCH);
        try (var _ = new PointerScope()) {
          ItemInputs.Words words = inputs.words(Arrays.copyOfRange(items, from, to));
          Tensor outputs =
              network
                  .callTensor("text_outputs", words.tokenIds(), words.tokenMask(), 0.0)
                  .to(ScalarType.Double);
          Tensor counted = words.tokenMask().to(ScalarType.Double).unsqueeze(2);
          Tensor mean = outputs.mul(counted).sum(1).div(counted.sum(1));
          means.narrow(0, from, to - from).copy_(mean);
        }
        progress.advance(to - from, Double.NaN);
      }
    }
    return means;
  }
}
