package io.saviorrec.trainer.synth;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.util.HashSet;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PictureArtistTest {
  private final RandomStreams streams = new RandomStreams(5);
  private final Catalogue items = new Catalogue(300, streams);
  private final PictureArtist artist = new PictureArtist(items, Assortment.SHOP.look(), streams);

  @Test
  void drawsTheSamePictureAgain() {
    for (int item = 0; item < 20; item++) {
      assertThat(pixels(artist.picture(item))).isEqualTo(pixels(artist.picture(item)));
    }
  }

  @Test
  void showsTheFirstStyleAsLight() {
    assertThat(correlation(item -> items.style[item][0], image -> light(image, 24, 46, 40, 48)))
        .isGreaterThan(.6);
  }

  @Test
  void showsTheFourthStyleAsTheFrame() {
    assertThat(correlation(item -> items.style[item][3], image -> -light(image, 0, 0, 4, 64)))
        .isGreaterThan(.5);
  }

  @Test
  void showsTheVisibleAppealAsJewels() {
    assertThat(correlation(item -> items.visibleAppeal[item], PictureArtistTest::gold))
        .isGreaterThan(.9);
  }

  @Test
  void givesEveryLookItsOwnPairOfColours() {
    Set<Set<Integer>> pairs = new HashSet<>();
    for (int look = 0; look < Catalogue.THEMES * Catalogue.LOOKS; look++) {
      int main = PictureArtist.mainColour(look);
      int accent = PictureArtist.accentColour(look);
      assertThat(pairs.add(Set.of(main, accent))).isTrue();
    }
  }

  @Test
  void everyAssortmentShowsAllStylesAndHasAColourForEveryLook() {
    for (Assortment assortment : Assortment.values()) {
      assertThat(assortment.look().styles()).containsExactlyInAnyOrder(0, 1, 2, 3);
      assertThat(assortment.look().colours())
          .doesNotHaveDuplicates()
          .hasSize(
              1
                  + IntStream.range(0, Catalogue.THEMES * Catalogue.LOOKS)
                      .map(PictureArtist::mainColour)
                      .max()
                      .orElseThrow());
    }
  }

  @Test
  void variesWhatMeansNothing() {
    int first = 0;
    int second = 1;
    items.category[second] = items.category[first];
    items.theme[second] = items.theme[first];
    items.look[second] = items.look[first];
    items.style[second] = items.style[first];
    items.visibleAppeal[second] = items.visibleAppeal[first];
    assertThat(pixels(artist.picture(second))).isNotEqualTo(pixels(artist.picture(first)));
  }

  private double correlation(
      java.util.function.IntToDoubleFunction latent, ToDoubleFunction<BufferedImage> measure) {
    double n = items.size;
    double sx = 0;
    double sy = 0;
    double sxx = 0;
    double syy = 0;
    double sxy = 0;
    for (int item = 0; item < items.size; item++) {
      double x = latent.applyAsDouble(item);
      double y = measure.applyAsDouble(artist.picture(item));
      sx += x;
      sy += y;
      sxx += x * x;
      syy += y * y;
      sxy += x * y;
    }
    return (n * sxy - sx * sy) / Math.sqrt((n * sxx - sx * sx) * (n * syy - sy * sy));
  }

  private static double light(BufferedImage image, int x0, int y0, int x1, int y1) {
    double sum = 0;
    for (int y = y0; y < y1; y++) {
      for (int x = x0; x < x1; x++) {
        int rgb = image.getRGB(x, y);
        sum += ((rgb >> 16) & 255) + ((rgb >> 8) & 255) + (rgb & 255);
      }
    }
    return sum;
  }

  private static double gold(BufferedImage image) {
    int count = 0;
    for (int y = 49; y < 56; y++) {
      for (int x = 0; x < PictureArtist.SIZE; x++) {
        count += (image.getRGB(x, y) & 0xFFFFFF) == 0xFFD700 ? 1 : 0;
      }
    }
    return count;
  }

  private static int[] pixels(BufferedImage image) {
    return image.getRGB(0, 0, PictureArtist.SIZE, PictureArtist.SIZE, null, 0, PictureArtist.SIZE);
  }
}
