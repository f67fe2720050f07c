package io.saviorrec.trainer.pretrained;

import org.jspecify.annotations.Nullable;

/// What a checkpoint says of its network.
///
/// @param image null in one that has no image tower
/// @param text the text tower, a BERT
/// @param projection width of both towers' outputs; 0 in one that has no image tower, whose outputs
///   are not projected
public record Shape(@Nullable ImageTower image, TextTower text, int projection) {

  /// A transformer.
  ///
  /// @param heads attention heads; 0 where the checkpoint does not say
  /// @param mlpWidth width of the layers' MLPs
  public record Tower(int width, int layers, int heads, int mlpWidth) {}

  /// A ViT.
  ///
  /// @param imageSize side of the square image, pixels
  /// @param patchSize side of a patch, pixels
  public record ImageTower(Tower tower, int imageSize, int patchSize) {
    /// Positions: one for each patch and one for the class token.
    public int positions() {
      int side = imageSize / patchSize;
      return side * side + 1;
    }
  }

  /// A BERT.
  ///
  /// @param words rows of the table of words
  /// @param positions the most tokens of a text
  /// @param types rows of the table of token types
  public record TextTower(Tower tower, int words, int positions, int types) {}
}
