package io.saviorrec.trainer.synth;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Words an item's title from what it is: always its category, mostly its theme, at times its style
/// and its visible appeal, among words that mean nothing.
final class TitleWriter {
  /// The theme is in the picture too, so that most items without the word still show it.
  static final double NAMES_THEME = .72;

  private static final double NAMES_QUALITY = .7;
  private static final double NAMES_STYLE = .7;
  private static final double CLEAR_STYLE = .5;

  /// Cuts of the visible appeal into five levels, about a fifth of the items each.
  private static final double[] QUALITY_CUTS = {-.84, -.25, .25, .84};

  private final Catalogue items;
  private final Words words;
  private final RandomStreams streams;

  TitleWriter(Catalogue items, Words words, RandomStreams streams) {
    this.items = items;
    this.words = words;
    this.streams = streams;
  }

  String title(int item) {
    SplittableRandom random = streams.of("title", item);
    List<String> title = new ArrayList<>();
    if (random.nextDouble() < .5) {
      title.add(any(random, words.brands()));
    }
    if (random.nextDouble() < NAMES_QUALITY) {
      title.add(any(random, words.quality()[level(items.visibleAppeal[item])]));
    }
    for (int s = 0; s < Catalogue.STYLES; s++) {
      double style = items.style[item][s];
      if (Math.abs(style) > CLEAR_STYLE && random.nextDouble() < NAMES_STYLE) {
        title.add(any(random, words.styles()[s][style < 0 ? 0 : 1]));
      }
    }
    if (random.nextDouble() < NAMES_THEME) {
      title.add(any(random, words.themes()[items.theme[item]]));
    }
    title.add(any(random, words.categories()[items.category[item]]));
    for (int i = random.nextInt(3); i > 0; i--) {
      title.add(any(random, words.noise()));
    }
    return String.join(" ", title);
  }

  private static int level(double appeal) {
    int level = 0;
    while (level < QUALITY_CUTS.length && appeal >= QUALITY_CUTS[level]) {
      level++;
    }
    return level;
  }

  private static String any(SplittableRandom random, String[] words) {
    return words[random.nextInt(words.length)];
  }
}
