package io.saviorrec.trainer.encoder;

import io.saviorrec.content.ItemContent;
import io.saviorrec.trainer.contrast.PositivePairs;
import io.saviorrec.trainer.data.log.CoClicks;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiPredicate;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/// Items of a few kinds: the kind shows as the picture's colour and in the title, and items of a
/// kind are clicked together.
final class ToyCatalogue {
  private static final String[] KINDS = {"amber", "birch", "coral", "denim", "ebony", "fern"};
  private static final int[] COLOURS = {0xE0A030, 0x30A060, 0xE05050, 0x3050D0, 0x202020, 0x90D040};

  final List<ItemContent> items = new ArrayList<>();
  private final int[] kind;

  ToyCatalogue(int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    kind = new int[size];
    for (int i = 0; i < size; i++) {
      kind[i] = random.nextInt(KINDS.length);
      String title = KINDS[kind[i]] + " thing number " + random.nextInt(10);
      items.add(new ItemContent(100 + i, title, "", "", png(COLOURS[kind[i]], random)));
    }
  }

  int[] all() {
    return IntStream.range(0, items.size()).toArray();
  }

  /// Every item with the next three of its kind.
  PositivePairs pairs() {
    return pairs(this::sameKind);
  }

  /// Every item with the next three of the kind that people buy together with its own; neither
  /// picture nor words show which.
  PositivePairs complements() {
    return pairs(this::complementary);
  }

  private PositivePairs pairs(BiPredicate<Integer, Integer> together) {
    List<int[]> pairs = new ArrayList<>();
    for (int i = 0; i < kind.length; i++) {
      int found = 0;
      for (int j = i + 1; j < kind.length && found < 3; j++) {
        if (together.test(i, j)) {
          pairs.add(new int[] {i, j});
          found++;
        }
      }
    }
    int[] first = pairs.stream().mapToInt(pair -> pair[0]).toArray();
    int[] second = pairs.stream().mapToInt(pair -> pair[1]).toArray();
    float[] weight = new float[first.length];
    java.util.Arrays.fill(weight, 1);
    return PositivePairs.of(kind.length, new CoClicks(first, second, weight), all());
  }

  /// Kinds 0 and 1, 2 and 3, 4 and 5.
  boolean complementary(int a, int b) {
    return kind[a] == (kind[b] ^ 1);
  }

  boolean sameKind(int a, int b) {
    return kind[a] == kind[b];
  }

  static byte[] png(int colour, SplittableRandom random) {
    BufferedImage image = new BufferedImage(20, 20, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 20; y++) {
      for (int x = 0; x < 20; x++) {
        image.setRGB(x, y, colour ^ random.nextInt(0x10) * 0x010101);
      }
    }
    return png(image);
  }

  static byte[] png(BufferedImage image) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
