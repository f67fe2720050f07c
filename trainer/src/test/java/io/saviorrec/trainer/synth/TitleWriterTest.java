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
  private final TitleWriter titles = new TitleWriter(items, Words.SHOP, streams);

  @Test
  void alwaysNamesTheCategory() {
    for (int item = 0; item < items.size; item++) {
      assertThat(words(item)).containsAnyOf(Words.SHOP.categories()[items.category[item]]);
    }
  }

  @Test
  void namesTheThemeMostlyButNotAlways() {
    int named = 0;
    for (int item = 0; item < items.size; item++) {
      List<String> theme = List.of(Words.SHOP.themes()[items.theme[item]]);
      named += words(item).stream().anyMatch(theme::contains) ? 1 : 0;
    }
    assertThat((double) named / items.size)
        .isBetween(TitleWriter.NAMES_THEME - .05, TitleWriter.NAMES_THEME + .05);
  }

  @Test
  void givesEveryWordOneMeaning() {
    Set<String> seen = new HashSet<>();
    for (Assortment assortment : Assortment.values()) {
      Words all = assortment.words();
      Stream<String[]> concepts =
          Stream.of(
                  Arrays.stream(all.categories()),
                  Arrays.stream(all.themes()),
                  Arrays.stream(all.styles()).flatMap(Arrays::stream),
                  Arrays.stream(all.quality()),
                  Stream.of(all.brands(), all.noise()))
              .flatMap(words -> words);
      concepts
          .flatMap(Arrays::stream)
          .forEach(word -> assertThat(seen.add(word)).as(word).isTrue());
      assertThat(all.categories()).hasDimensions(Catalogue.CATEGORIES, 4);
      assertThat(all.themes()).hasDimensions(Catalogue.THEMES, 4);
      assertThat(all.styles()).hasDimensions(Catalogue.STYLES, 2);
    }
    assertThat(seen).hasSizeLessThan(1_000);
  }

  private List<String> words(int item) {
    return List.of(titles.title(item).split(" ", -1));
  }
}
