package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.pretrained.Checkpoint.Format;
import io.saviorrec.trainer.pretrained.Shape;
import io.saviorrec.trainer.pretrained.Shape.ImageTower;
import io.saviorrec.trainer.pretrained.Shape.TextTower;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Which weights of a checkpoint are which parameters of the towers.
final class TowerWeights {
  /// The weight of a CLIP that is no parameter of the network: the logarithm of 1/τ.
  static final String LOG_SCALE = "logit_scale";

  /// How a parameter comes from its weights.
  enum Form {
    /// The weights one below the other.
    STACKED,
    /// The weight with rows for columns.
    TRANSPOSED,
    /// As many rows of the weight as the parameter has.
    FIRST_ROWS
  }

  /// A parameter, or what one layer has of it.
  ///
  /// @param layer -1 for a parameter that is not one of layers
  /// @param weights the checkpoint's names
  /// @param shape of each of these weights
  record Slot(String parameter, int layer, List<String> weights, List<Long> shape, Form form) {}

  private final List<Slot> slots = new ArrayList<>();
  private final Shape shape;

  private TowerWeights(Shape shape) {
    this.shape = shape;
  }

  /// Every parameter that a checkpoint of this format and shape gives.
  static List<Slot> of(Format format, Shape shape) {
    TowerWeights names = new TowerWeights(shape);
    switch (format) {
      case CHINESE_CLIP -> {
        names.huggingFaceImage(image(shape));
        names.text("text_model.");
        names.projections(Form.STACKED, "visual_projection.weight", "text_projection.weight");
      }
      case CN_CLIP -> {
        names.originalImage(image(shape));
        names.text("bert.");
        names.projections(Form.TRANSPOSED, "visual.proj", "text_projection");
      }
      case BERT -> names.text("");
    }
    return names.slots;
  }

  private static ImageTower image(Shape shape) {
    ImageTower image = shape.image();
    if (image == null) {
      throw new IllegalArgumentException("a CLIP has an image tower");
    }
    return image;
  }

  private void huggingFaceImage(ImageTower image) {
    String model = "vision_model.";
    imageStem(
        image,
        model + "embeddings.patch_embedding.weight",
        model + "embeddings.class_embedding",
        model + "embeddings.position_embedding.weight");
    // The published names have it so.
    norm("image_ln_pre", -1, model + "pre_layrnorm", image.tower().width());
    norm("image_ln_post", -1, model + "post_layernorm", image.tower().width());
    for (int i = 0; i < image.tower().layers(); i++) {
      String layer = model + "encoder.layers." + i + ".";
      String attention = layer + "self_attn.";
      attention(
          "image",
          i,
          List.of(attention + "q_proj.", attention + "k_proj.", attention + "v_proj."),
          attention + "out_proj.",
          image.tower().width());
      mlp("image", i, layer + "mlp.fc1.", layer + "mlp.fc2.", image.tower());
      norm("image_ln_1", i, layer + "layer_norm1", image.tower().width());
      norm("image_ln_2", i, layer + "layer_norm2", image.tower().width());
    }
  }

  private void originalImage(ImageTower image) {
    String model = "visual.";
    imageStem(
        image, model + "conv1.weight", model + "class_embedding", model + "positional_embedding");
    long width = image.tower().width();
    norm("image_ln_pre", -1, model + "ln_pre", width);
    norm("image_ln_post", -1, model + "ln_post", width);
    for (int i = 0; i < image.tower().layers(); i++) {
      String block = model + "transformer.resblocks." + i + ".";
      add("image_qkv_weight", i, block + "attn.in_proj_weight", 3 * width, width);
      add("image_qkv_bias", i, block + "attn.in_proj_bias", 3 * width);
      linear("image_out", i, block + "attn.out_proj.", width, width);
      mlp("image", i, block + "mlp.c_fc.", block + "mlp.c_proj.", image.tower());
      norm("image_ln_1", i, block + "ln_1", width);
      norm("image_ln_2", i, block + "ln_2", width);
    }
  }

  private void imageStem(ImageTower image, String patch, String classToken, String position) {
    long width = image.tower().width();
    add("image_patch_weight", -1, patch, width, 3, image.patchSize(), image.patchSize());
    add("image_class", -1, classToken, width);
    add("image_position", -1, position, image.positions(), width);
  }

  private void text(String model) {
    TextTower text = shape.text();
    long width = text.tower().width();
    String embeddings = model + "embeddings.";
    add("text_word", -1, embeddings + "word_embeddings.weight", text.words(), width);
    firstRows("text_position", embeddings + "position_embeddings.weight", text.positions(), width);
    // Titles are all of the first type.
    firstRows("text_type", embeddings + "token_type_embeddings.weight", text.types(), width);
    norm("text_ln_embedding", -1, embeddings + "LayerNorm", width);
    for (int i = 0; i < text.tower().layers(); i++) {
      String layer = model + "encoder.layer." + i + ".";
      String self = layer + "attention.self.";
      attention(
          "text",
          i,
          List.of(self + "query.", self + "key.", self + "value."),
          layer + "attention.output.dense.",
          width);
      mlp("text", i, layer + "intermediate.dense.", layer + "output.dense.", text.tower());
      norm("text_ln_1", i, layer + "attention.output.LayerNorm", width);
      norm("text_ln_2", i, layer + "output.LayerNorm", width);
    }
  }

  private void projections(Form form, String imageName, String textName) {
    projection(form, "image_projection", imageName, image(shape).tower().width());
    projection(form, "text_projection", textName, shape.text().tower().width());
  }

  private void projection(Form form, String parameter, String name, long width) {
    long out = shape.projection();
    List<Long> sides = form == Form.TRANSPOSED ? List.of(width, out) : List.of(out, width);
    slots.add(new Slot(parameter, -1, List.of(name), sides, form));
  }

  private void attention(String tower, int layer, List<String> qkv, String out, long width) {
    stack(tower + "_qkv_weight", layer, qkv, "weight", width, width);
    stack(tower + "_qkv_bias", layer, qkv, "bias", width);
    linear(tower + "_out", layer, out, width, width);
  }

  private void mlp(String tower, int layer, String in, String out, Shape.Tower of) {
    linear(tower + "_fc", layer, in, of.mlpWidth(), of.width());
    linear(tower + "_proj", layer, out, of.width(), of.mlpWidth());
  }

  private void linear(String parameter, int layer, String name, long out, long in) {
    add(parameter + "_weight", layer, name + "weight", out, in);
    add(parameter + "_bias", layer, name + "bias", out);
  }

  private void norm(String parameter, int layer, String name, long width) {
    add(parameter + "_weight", layer, name + ".weight", width);
    add(parameter + "_bias", layer, name + ".bias", width);
  }

  private void stack(String parameter, int layer, List<String> names, String kind, Long... sides) {
    List<String> weights = names.stream().map(name -> name + kind).toList();
    slots.add(new Slot(parameter, layer, weights, List.of(sides), Form.STACKED));
  }

  private void firstRows(String parameter, String name, long rows, long width) {
    slots.add(new Slot(parameter, -1, List.of(name), List.of(rows, width), Form.FIRST_ROWS));
  }

  private void add(String parameter, int layer, String name, long... sides) {
    List<Long> shape = Arrays.stream(sides).boxed().toList();
    slots.add(new Slot(parameter, layer, List.of(name), shape, Form.STACKED));
  }
}
