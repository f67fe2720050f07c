package io.saviorrec.trainer.pretrained;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.pretrained.Shape.ImageTower;
import io.saviorrec.trainer.pretrained.Shape.TextTower;
import io.saviorrec.trainer.pretrained.Shape.Tower;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The shape of a CN-CLIP as its weights alone tell it. They do not tell the attention heads.
final class CnClipFile {
  private final Path file;
  private final Map<String, Weight> weights;

  private CnClipFile(Path file, Map<String, Weight> weights) {
    this.file = file;
    this.weights = weights;
  }

  /// @param weights by CN-CLIP's names
  static Shape shape(Path file, Map<String, Weight> weights) {
    return new CnClipFile(file, weights).read();
  }

  private Shape read() {
    if (!weights.containsKey("visual.positional_embedding")) {
      throw new UserError(
          "%s is no CN-CLIP with a ViT: it has no visual.positional_embedding".formatted(file));
    }
    int patch = side("visual.conv1.weight", 4, 2);
    int positions = side("visual.positional_embedding", 2, 0);
    int grid = (int) Math.round(Math.sqrt(positions - 1.0));
    if (grid * grid + 1 != positions) {
      throw new UserError(
          "%s: visual.positional_embedding has %d rows, which are not a square of patches and one"
              .formatted(file, positions));
    }
    String block = "visual.transformer.resblocks.";
    String layer = "bert.encoder.layer.";
    return new Shape(
        new ImageTower(
            new Tower(
                side("visual.conv1.weight", 4, 0),
                layers(block),
                0,
                side(block + "0.mlp.c_fc.weight", 2, 0)),
            grid * patch,
            patch),
        new TextTower(
            new Tower(
                side("bert.embeddings.word_embeddings.weight", 2, 1),
                layers(layer),
                0,
                side(layer + "0.intermediate.dense.weight", 2, 0)),
            side("bert.embeddings.word_embeddings.weight", 2, 0),
            side("bert.embeddings.position_embeddings.weight", 2, 0),
            side("bert.embeddings.token_type_embeddings.weight", 2, 0)),
        side("text_projection", 2, 1));
  }

  private int side(String name, int rank, int dimension) {
    Weight weight = weights.get(name);
    if (weight == null) {
      throw new UserError("%s lacks the weight %s".formatted(file, name));
    }
    List<Long> shape = weight.shape();
    if (shape.size() != rank || shape.get(dimension) < 1 || shape.get(dimension) > 1 << 24) {
      throw new UserError(
          "%s: %s must have %d dimensions, was %s".formatted(file, name, rank, shape));
    }
    return shape.get(dimension).intValue();
  }

  private int layers(String prefix) {
    Pattern numbered = Pattern.compile(Pattern.quote(prefix) + "(\\d{1,4})\\..*");
    return 1
        + weights.keySet().stream()
            .map(numbered::matcher)
            .filter(Matcher::matches)
            .mapToInt(name -> Integer.parseInt(name.group(1)))
            .max()
            .orElse(-1);
  }
}
