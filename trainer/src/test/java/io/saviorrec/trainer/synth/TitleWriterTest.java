package io.saviorrec.trainer.synth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TitleWriterTest {
  private final RandomStreams streams = new RandomStreams(5);
  private final Catalogue items = new Catalogue(2_000, streams);
  private final TitleWriter titles = new TitleWriter(items, streams);

  @Test
  void alwaysNamesTheCategory() {
    for (int item = 0; item < items.size; item++) {
      assertThat(words(item)).containsAnyOf(Words.CATEGORIES[items.category[item]]);
    }
  }

  @Test
  void namesTheThemeMostlyButNotAlways() {
    int named = 0;
    for (int item = 0; item < items.size; item++) {
      List<String> theme = List.of(Words.THEMES[items.theme[item]]);
      named += words(item).stream().anyMatch(theme::contains) ? 1 : 0;
    }
    assertThat((double) named / items.size)
        .isBetween(TitleWriter.NAMES_THEME - .05, TitleWriter.NAMES_THEME + .05);
  }

  @Test
  void givesEveryWordOneMeaning() {
    Stream<String[]> concepts =
        Stream.of(
                Arrays.stream(Words.CATEGORIES),
                Arrays.stream(Words.THEMES),
                Arrays.stream(Words.STYLES).flatMap(Arrays::stream),
                Arrays.stream(Words.QUALITY),
                Stream.of(Words.BRANDS, Words.NOISE))
            .flatMap(words -> words);
    Set<String> seen = new HashSet<>();
    concepts.flatMap(Arrays::stream).forEach(word -> assertThat(seen.add(word)).as(word).isTrue());
    assertThat(seen).hasSizeLessThan(500);
    assertThat(Words.CATEGORIES).hasDimensions(Catalogue.CATEGORIES, 4);
    assertThat(Words.THEMES).hasDimensions(Catalogue.THEMES, 4);
  }

  private List<String> words(int item) {
    return List.of(titles.title(item).split(" ", -1));
  }
}
