package io.saviorrec.trainer.synth;

import java.util.Locale;

/// What a generated catalogue is of. The worlds are the same but for words and looks: what a word
/// or a part of a picture means in one assortment tells nothing about the other.
public enum Assortment {
  /// Things for the home and to wear.
  SHOP(
      Words.SHOP,
      new Look(
          new int[] {
            0xD22828, 0xF57F10, 0xFAD21E, 0x96C828, 0x1E8232, 0x14A0A0,
            0x5AB4F0, 0x1E3CBE, 0x732AAA, 0xF06EB4, 0x784828, 0xF5F5F0
          },
          new int[] {0, 1, 2, 3},
          0,
          0)),
  /// Food: other words, other colours, turned and exchanged silhouettes, and each dimension of
  /// style where the shop shows another one.
  MARKET(
      Words.MARKET,
      new Look(
          new int[] {
            0x8C1C4A, 0xC75B39, 0xD9B382, 0xB8D8BA, 0x4A7C59, 0x2F4858,
            0x86BBD8, 0x33658A, 0x9A8FB8, 0xE8A5B3, 0x3E2723, 0xC9CBA3
          },
          new int[] {2, 3, 1, 0},
          7,
          Math.PI / 2));

  @SuppressWarnings("ImmutableEnumChecker") // nobody writes to its arrays
  private final Words words;

  @SuppressWarnings("ImmutableEnumChecker") // nobody writes to its arrays
  private final Look look;

  /// How its pictures differ from another assortment's.
  ///
  /// @param colours those that themes have their looks of
  /// @param styles the dimension of style that backdrop's light, its warmth, stripes and frame show
  /// @param silhouettes by how many a category's silhouette stands after that of its number
  /// @param turn of the silhouettes, in radians
  @SuppressWarnings("ArrayRecordComponent") // constants, never compared
  record Look(int[] colours, int[] styles, int silhouettes, double turn) {
    double light(double[] style) {
      return style[styles[0]];
    }

    double warmth(double[] style) {
      return style[styles[1]];
    }

    double stripes(double[] style) {
      return style[styles[2]];
    }

    double frame(double[] style) {
      return style[styles[3]];
    }

    int silhouette(int category) {
      return (category + silhouettes) % Catalogue.CATEGORIES;
    }
  }

  Assortment(Words words, Look look) {
    this.words = words;
    this.look = look;
  }

  Words words() {
    return words;
  }

  Look look() {
    return look;
  }

  /// The name on the command line.
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
