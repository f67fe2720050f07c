package io.saviorrec.trainer.synth;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.SplittableRandom;

/// Draws an item's picture: the category as a silhouette, the theme's look as the colours of object
/// and garland and as motif, the style as backdrop, stripes and frame, the visible appeal as a row
/// of jewels and a gloss.
///
/// Position, size, rotation, light, stripe direction and blots vary without meaning.
final class PictureArtist {
  static final int SIZE = 64;

  private static final int COLOURS = 12;
  private static final int MOTIFS = 4;
  private static final int MAX_JEWELS = 8;

  private final Catalogue items;
  private final Assortment.Look assortment;
  private final RandomStreams streams;

  PictureArtist(Catalogue items, Assortment.Look assortment, RandomStreams streams) {
    this.items = items;
    this.assortment = assortment;
    this.streams = streams;
  }

  BufferedImage picture(int item) {
    SplittableRandom random = streams.of("picture", item);
    BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = image.createGraphics();
    canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    canvas.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    double[] style = items.style[item];
    drawBackdrop(canvas, random, style);
    drawStripes(canvas, random, style);
    Color main = jittered(assortment.colours()[mainColour(look(item))], random);
    Color accent = jittered(assortment.colours()[accentColour(look(item))], random);
    drawGarland(canvas, random, main, accent);
    drawObject(canvas, random, item, main, accent);
    drawJewels(canvas, random, items.visibleAppeal[item]);
    drawFrame(canvas, style);
    canvas.dispose();
    return image;
  }

  /// Light by the first dimension of style, warmth by the second.
  private void drawBackdrop(Graphics2D canvas, SplittableRandom random, double[] style) {
    double light =
        clamp(.58 + .15 * assortment.light(style) + .02 * random.nextGaussian(), .2, .95);
    double warmth = clamp(.09 * assortment.warmth(style), -.2, .2);
    canvas.setColor(colour(light + warmth, light, light - warmth, 1));
    canvas.fillRect(0, 0, SIZE, SIZE);
    for (int i = 0; i < 3; i++) {
      double radius = 4 + 6 * random.nextDouble();
      double tone = random.nextDouble();
      canvas.setColor(colour(tone, tone, tone, .07));
      canvas.fill(circle(random.nextDouble() * SIZE, random.nextDouble() * SIZE, radius));
    }
  }

  /// Stripes as strong as the third dimension of style, in any direction.
  private void drawStripes(Graphics2D canvas, SplittableRandom random, double[] style) {
    double strength = clamp(.3 + .18 * assortment.stripes(style), 0, .75);
    AffineTransform before = canvas.getTransform();
    canvas.rotate(random.nextDouble() * Math.PI, SIZE / 2.0, SIZE / 2.0);
    canvas.setColor(colour(0, 0, 0, strength));
    for (double x = -SIZE + 12 * random.nextDouble(); x < 2 * SIZE; x += 12) {
      canvas.fill(new Rectangle2D.Double(x, -SIZE, 4, 3 * SIZE));
    }
    canvas.setTransform(before);
  }

  /// Pennants in the theme's colours along the top.
  private static void drawGarland(
      Graphics2D canvas, SplittableRandom random, Color main, Color accent) {
    double left = 4 * random.nextDouble();
    for (int i = 0; i < 8; i++) {
      double x = left + 8 * i;
      canvas.setColor(i % 2 == 0 ? main : accent);
      canvas.fill(Shapes.polygon(x - 4, 6, x + 4, 6, x, 14));
    }
  }

  private void drawObject(
      Graphics2D canvas, SplittableRandom random, int item, Color main, Color accent) {
    AffineTransform place = new AffineTransform();
    place.translate(SIZE / 2.0 + 2 * random.nextGaussian(), SIZE / 2.0 - 2 + random.nextGaussian());
    place.rotate(assortment.turn() + .1 * random.nextGaussian());
    double scale = 18 * (.93 + .14 * random.nextDouble());
    place.scale(scale, scale);
    Shape outline =
        place.createTransformedShape(
            Shapes.silhouette(assortment.silhouette(items.category[item])));
    canvas.setColor(main);
    canvas.fill(outline);
    Shape clip = canvas.getClip();
    canvas.clip(outline);
    canvas.setColor(accent);
    drawMotif(canvas, random, (look(item) + look(item) / COLOURS) % MOTIFS);
    drawGloss(canvas, random, items.visibleAppeal[item]);
    canvas.setClip(clip);
    canvas.setColor(new Color(0x202020));
    canvas.setStroke(new BasicStroke(1.4f));
    canvas.draw(outline);
  }

  private int look(int item) {
    return items.theme[item] * Catalogue.LOOKS + items.look[item];
  }

  static int mainColour(int look) {
    return look % COLOURS;
  }

  /// Four turns around twelve colours: 48 looks, no two of them with the same pair of colours.
  static int accentColour(int look) {
    return (mainColour(look) + 2 + look / COLOURS) % COLOURS;
  }

  private static void drawMotif(Graphics2D canvas, SplittableRandom random, int motif) {
    double shift = 8 * random.nextDouble();
    canvas.setStroke(new BasicStroke(3.2f));
    for (double a = -SIZE + shift; a < SIZE; a += 8) {
      switch (motif) {
        case 0 -> canvas.draw(new Line2D.Double(0, a, SIZE, a));
        case 1 -> canvas.draw(new Line2D.Double(a, 0, a, SIZE));
        case 2 -> canvas.draw(new Line2D.Double(a, 0, a + SIZE, SIZE));
        default -> {
          for (double b = shift / 2; b < SIZE; b += 8) {
            canvas.fill(circle(a, b, 2.7));
          }
        }
      }
    }
  }

  private static void drawGloss(Graphics2D canvas, SplittableRandom random, double appeal) {
    canvas.setColor(colour(1, 1, 1, clamp(.2 + .13 * appeal, 0, .6)));
    canvas.fill(circle(22 + random.nextDouble() * 4, 18 + random.nextDouble() * 4, 11));
  }

  /// One jewel more for every half standard deviation of appeal.
  private static void drawJewels(Graphics2D canvas, SplittableRandom random, double appeal) {
    int count = (int) clamp(Math.rint(MAX_JEWELS / 2.0 + 2 * appeal), 0, MAX_JEWELS);
    double left = 9 + 2 * random.nextDouble();
    for (int i = 0; i < count; i++) {
      double x = left + 6.2 * i;
      canvas.setColor(new Color(0xFFD700));
      Shape jewel = Shapes.polygon(x, 49, x + 3, 52.5, x, 56, x - 3, 52.5);
      canvas.fill(jewel);
      canvas.setColor(new Color(0x5A4600));
      canvas.setStroke(new BasicStroke(.8f));
      canvas.draw(jewel);
    }
  }

  /// A frame as thick as the fourth dimension of style.
  private void drawFrame(Graphics2D canvas, double[] style) {
    double width = clamp(3.5 + 1.6 * assortment.frame(style), 0, 7.5);
    canvas.setColor(new Color(0x3C2846));
    double inner = SIZE - width;
    canvas.fill(new Rectangle2D.Double(0, 0, SIZE, width));
    canvas.fill(new Rectangle2D.Double(0, inner, SIZE, width));
    canvas.fill(new Rectangle2D.Double(0, width, width, inner - width));
    canvas.fill(new Rectangle2D.Double(inner, width, width, inner - width));
  }

  private static Color jittered(int rgb, SplittableRandom random) {
    Color colour = new Color(rgb);
    return colour(
        colour.getRed() / 255.0 + .03 * random.nextGaussian(),
        colour.getGreen() / 255.0 + .03 * random.nextGaussian(),
        colour.getBlue() / 255.0 + .03 * random.nextGaussian(),
        1);
  }

  private static Shape circle(double x, double y, double radius) {
    return new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius);
  }

  private static Color colour(double red, double green, double blue, double alpha) {
    return new Color(
        (float) clamp(red, 0, 1),
        (float) clamp(green, 0, 1),
        (float) clamp(blue, 0, 1),
        (float) alpha);
  }

  private static double clamp(double value, double low, double high) {
    return Math.max(low, Math.min(high, value));
  }
}
