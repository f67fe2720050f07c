package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.loop.SeededRandom;
import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// Stage 0's loss of an encoder of profiles.
///
/// An item's picture tells its words. Its words tell the same profile and themselves, and how its
/// picture looks. Both together tell the words of an item that was clicked together with it. What z
/// is of all that no step of stage 0 learns: [#end] takes the directions in which items differ
/// most.
final class ProfileContentLoss implements ContentLoss {
  private static final int BATCH = 64;

  /// Pixels that the palette is made of.
  private static final int POINTS = 20_000;

  /// A statistic that hardly differs between pictures is not blown up to count like the others.
  private static final double LEAST_DEVIATION = 0.01;

  /// Profiles or looks that differ by less are alike, and what differs is noise.
  private static final double LEAST_VARIANCE = 1e-4;

  private final EncoderConfig config;
  private final ScriptModule network;
  private final Set<String> given;
  private final ScriptModule loss = new ScriptModule("ProfileLoss");

  /// @param given the network's parameters that come from a bundle: all of them or none
  /// @param tokenCounts of each token in the training items
  ProfileContentLoss(
      EncoderConfig config, ScriptModule network, Set<String> given, long[] tokenCounts) {
    this.config = config;
    this.network = network;
    this.given = given;
    long[] words = Tensors.toLongs(network.buffer(ProfileNetwork.WORDS));
    long[] counts = new long[tokenCounts.length];
    long[] placeOf = new long[tokenCounts.length];
    for (int place = 0; place < words.length; place++) {
      int token = Math.toIntExact(words[place]);
      counts[token] = tokenCounts[token];
      placeOf[token] = place;
    }
    loss.buffer(
        "importance", Tensors.floats(WordPrediction.importance(counts), tokenCounts.length));
    loss.buffer("place_of", Tensors.longs(placeOf, placeOf.length));
    loss.attribute("shared", config.profile().shared());
    loss.defineResource("torchscript/profile.py");
  }

  /// Takes the palette and the scale of what pictures look like from some of them. A bundle has
  /// them, unless it was made without pictures.
  @Override
  public void begin(ItemInputs inputs, int[] pictured, SeededRandom random) {
    if (!given.isEmpty() && (!trains() || scaled())) {
      return;
    }
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      Tensor points =
          inBatches(pictured, part -> pixels(inputs, part, POINTS * part.length / pictured.length));
      Tensor colours = Palette.of(points, ProfileNetwork.PALETTE, random);
      network.buffer("palette_weight").copy_(Palette.weight(colours));
      network.buffer("palette_bias").copy_(Palette.bias(colours));
      Tensor statistics =
          inBatches(
              pictured, part -> network.callTensor("statistics", inputs.batch(part).images()));
      Tensor mean = statistics.mean(0);
      network.buffer("look_mean").copy_(mean);
      network
          .buffer("look_deviation")
          .copy_(
              statistics.sub(mean).square().mean(0).sqrt().clamp_min(new Scalar(LEAST_DEVIATION)));
    }
  }

  /// f32 `[N, 3]`
  private Tensor pixels(ItemInputs inputs, int[] items, int count) {
    Tensor small =
        network.callTensor("small", network.callTensor("pixels", inputs.batch(items).images()));
    Tensor all = small.permute(0, 2, 3, 1).reshape(-1, EncoderNetwork.COLOURS);
    return evenly(all, small.size(3), count);
  }

  /// Rows of all items, a batch at a time: large pictures take much memory.
  private static Tensor inBatches(int[] items, Function<int[], Tensor> rows) {
    TensorVector parts = new TensorVector();
    for (int from = 0; from < items.length; from += BATCH) {
      int[] some = Arrays.copyOfRange(items, from, Math.min(items.length, from + BATCH));
      try (var _ = new PointerScope()) {
        parts.push_back(rows.apply(some));
      }
    }
    return torch.cat(parts, 0);
  }

  /// Whether stage 0 changes anything.
  private boolean trains() {
    return learns() && config.adapt().epochs() > 0;
  }

  private boolean scaled() {
    return network.buffer("look_mean").abs().max().item_float() > 0;
  }

  /// Some evenly spread pixels, of an eighth of the columns at least.
  ///
  /// @param width pixels of a row of a picture
  private static Tensor evenly(Tensor rows, long width, int count) {
    long step = step(rows.size(0) / Math.max(1, count), width);
    long[] chosen = new long[Math.toIntExact((rows.size(0) + step - 1) / step)];
    Arrays.setAll(chosen, i -> i * step);
    return rows.index_select(0, Tensors.longs(chosen, chosen.length));
  }

  private static long step(long most, long width) {
    long step = Math.max(1, most);
    while (step > 1 && gcd(step, width) * 8 > width) {
      step--;
    }
    return step;
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  @Override
  public double dropout() {
    return config.profile().dropout();
  }

  /// @param views z, the profiles that picture and words tell `[B, V]`, the picture's look and what
  ///   the words tell of it `[B, S]`
  @Override
  public Tensor of(List<Tensor> views, ItemInputs.Batch batch, ItemInputs.Words partners) {
    Tensor seen = views.get(1);
    Tensor read = views.get(2);
    Tensor ids = batch.tokenIds();
    Tensor mask = batch.tokenMask();
    Tensor present = batch.imagePresent();
    Tensor words =
        loss.callTensor("of_picture", seen, ids, mask, present)
            .add(loss.callTensor("of_words", seen, read, ids, mask, present, batch.textPresent()));
    Tensor complete = present.logical_and(batch.textPresent());
    Tensor look = loss.callTensor("of_look", views.get(3), views.get(4), complete);
    Tensor partner =
        loss.callTensor(
            "of_partner",
            seen,
            read,
            present,
            batch.textPresent(),
            partners.tokenIds(),
            partners.tokenMask());
    return words
        .mul(new Scalar(config.wordWeight()))
        .add(look.mul(new Scalar(config.pictureWeight())))
        .add(partner.mul(new Scalar(config.partnerWeight())));
  }

  @Override
  public List<ParameterGroup> groups(EncoderConfig.Stage stage) {
    double share = given.isEmpty() ? 1 : config.checkpointRate();
    return learns()
        ? ProfileNetwork.groups(network, stage.learningRate(), share, stage.weightDecay())
        : List.of();
  }

  /// Nothing but the network itself learns.
  @Override
  public boolean learns() {
    return given.isEmpty() || config.checkpointRate() > 0;
  }

  @Override
  public void clamp() {
    // No temperature is learned.
  }

  /// Makes z the principal components of the roots of profiles, and of looks beside them: a look
  /// varies as much in all as [EncoderConfig.Profile#look] says, where a profile has 1. A bundle
  /// whose weights stay as they are keeps its own.
  @Override
  public void end(ItemInputs inputs, int[] items) {
    if (items.length < 2 || (!given.isEmpty() && !trains())) {
      return;
    }
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      Tensor features =
          inBatches(PrincipalComponents.sample(items), some -> features(inputs, some))
              .cpu()
              .to(torch.ScalarType.Double);
      Tensor mean = features.mean(0);
      Tensor differences = features.sub(mean);
      long words = network.buffer(ProfileNetwork.WORDS).size(0);
      Tensor scale =
          torch.cat(
              new TensorVector(
                  scale(differences.narrow(1, 0, words), 1),
                  scale(
                      differences.narrow(1, words, features.size(1) - words),
                      config.profile().look())));
      if (scale.sum().item_double() == 0) {
        // All items are alike, and any map is as good as another.
        return;
      }
      Tensor components = PrincipalComponents.of(differences.mul(scale), config.zDim());
      Tensor weight = components.mul(scale);
      network
          .parameter(ProfileNetwork.PLACE_WEIGHT)
          .zero_()
          .narrow(0, 0, weight.size(0))
          .copy_(weight);
      network
          .parameter("place_bias")
          .zero_()
          .narrow(0, 0, weight.size(0))
          .copy_(weight.matmul(mean).neg());
    }
  }

  /// The factor that makes these columns together vary so much; zero where next to nothing varies.
  private static Tensor scale(Tensor differences, double deviation) {
    double variance = differences.square().sum().item_double() / differences.size(0);
    double factor = variance > LEAST_VARIANCE ? deviation / Math.sqrt(variance) : 0;
    return torch.ones(differences.size(1)).to(torch.ScalarType.Double).mul(new Scalar(factor));
  }

  /// f32 `[N, V + S]`
  private Tensor features(ItemInputs inputs, int[] items) {
    ItemInputs.Batch batch = inputs.batch(items);
    return network
        .callTensors(
            "told", batch.images(), batch.imagePresent(), batch.tokenIds(), batch.tokenMask(), 0.0)
        .getLast();
  }
}
