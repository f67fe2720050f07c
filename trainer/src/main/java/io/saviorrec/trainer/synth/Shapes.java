package io.saviorrec.trainer.synth;

import java.awt.Shape;
import java.awt.geom.Arc2D;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.List;

/// The silhouettes of the categories in the square from -1 to 1, in the order of [Words#SHOP].
final class Shapes {
  private static final List<Shape> SILHOUETTES =
      List.of(
          // Book: two open pages.
          polygon(-1, -.7, 0, -.45, 1, -.7, 1, .6, 0, .85, -1, .6),
          // Robe: sleeves and a wide hem.
          polygon(
              -.3, -.9, .3, -.9, 1, -.1, .7, .2, .4, -.15, .7, .95, -.7, .95, -.4, -.15, -.7, .2,
              -1, -.1),
          // Scarf: a loop with two hanging ends.
          union(ring(0, -.45, .6, .3), box(-.55, -.3, .4, 1.2), box(.15, -.3, .4, .9)),
          // Mug.
          union(box(-.8, -.75, 1.15, 1.5), ring(.45, 0, .5, .28)),
          // Lamp: shade, stem and foot.
          union(
              polygon(-.4, -1, .4, -1, .85, .1, -.85, .1),
              box(-.1, .1, .2, .7),
              box(-.5, .75, 1, .2)),
          // Kite with its tail.
          union(
              polygon(0, -1, .7, -.3, 0, .6, -.7, -.3),
              polygon(0, .5, .3, .8, .1, .8, .35, 1, -.2, .85)),
          // Backpack.
          union(oval(-.75, -.8, 1.5, 1.2), box(-.75, -.2, 1.5, 1.1), box(-1, .15, 2, .5)),
          // Hat: dome and brim.
          union(oval(-.55, -.75, 1.1, 1.4), box(-1, .25, 2, .35)),
          // Shoe.
          polygon(-.9, -.7, -.2, -.7, 0, -.1, .9, .15, 1, .6, -.9, .6),
          // Chair: back, seat and legs.
          union(box(-.7, -1, .3, 2), box(-.7, -.05, 1.4, .35), box(.4, -.05, .3, 1.05)),
          // Cushion: a pinched square.
          polygon(-1, -1, 0, -.7, 1, -1, .7, 0, 1, 1, 0, .7, -1, 1, -.7, 0),
          // Watch: dial and strap.
          union(oval(-.6, -.6, 1.2, 1.2), box(-.3, -1, .6, .6), box(-.3, .4, .6, .6)),
          // Umbrella.
          union(dome(-1, -.9, 2, 1.8), box(-.08, -.1, .16, 1.1), box(-.08, .8, .5, .18)),
          // Guitar: body and neck.
          union(oval(-.6, .1, 1.2, .9), oval(-.45, -.35, .9, .8), box(-.12, -1, .24, .9)),
          // Bottle.
          union(box(-.45, -.3, .9, 1.3), box(-.2, -1, .4, .9)),
          // Car: cabin, body and wheels.
          union(
              box(-1, -.1, 2, .5),
              polygon(-.6, -.05, -.35, -.6, .4, -.6, .7, -.05),
              oval(-.8, .15, .55, .55),
              oval(.25, .15, .55, .55)),
          // Ring with a stone.
          union(ring(0, .25, .7, .45), polygon(-.35, -.75, 0, -1, .35, -.75, 0, -.35)),
          // Candle and flame.
          union(box(-.35, -.25, .7, 1.2), oval(-.2, -1, .4, .65)),
          // Plate.
          oval(-.95, -.95, 1.9, 1.9),
          // Flag.
          union(box(-.9, -1, .2, 2), polygon(-.75, -.95, 1, -.75, .6, -.35, 1, .1, -.75, .15)),
          // Tent with its door open.
          without(polygon(0, -.9, 1, .8, -1, .8), polygon(0, 0, .3, .85, -.3, .85)),
          // Pendant: a heart on a chain.
          union(
              ring(0, -.5, .5, .38),
              oval(-.55, -.2, .6, .6),
              oval(-.05, -.2, .6, .6),
              polygon(-.52, .2, .52, .2, 0, 1)),
          // Glasses.
          union(ring(-.52, 0, .48, .2), ring(.52, 0, .48, .2), box(-.15, -.1, .3, .18)),
          // Case: a tall plate with a hole for the lens.
          without(box(-.55, -1, 1.1, 2), oval(-.4, -.85, .4, .4)));

  private Shapes() {}

  static Shape silhouette(int category) {
    return SILHOUETTES.get(category);
  }

  static Shape polygon(double... xy) {
    Path2D path = new Path2D.Double();
    path.moveTo(xy[0], xy[1]);
    for (int i = 2; i < xy.length; i += 2) {
      path.lineTo(xy[i], xy[i + 1]);
    }
    path.closePath();
    return path;
  }

  private static Shape box(double x, double y, double width, double height) {
    return new Rectangle2D.Double(x, y, width, height);
  }

  private static Shape oval(double x, double y, double width, double height) {
    return new Ellipse2D.Double(x, y, width, height);
  }

  private static Shape dome(double x, double y, double width, double height) {
    return new Arc2D.Double(x, y, width, height, 0, 180, Arc2D.CHORD);
  }

  private static Shape ring(double x, double y, double outer, double inner) {
    return without(
        oval(x - outer, y - outer, 2 * outer, 2 * outer),
        oval(x - inner, y - inner, 2 * inner, 2 * inner));
  }

  private static Shape union(Shape... parts) {
    Area area = new Area();
    for (Shape part : parts) {
      area.add(new Area(part));
    }
    return area;
  }

  private static Shape without(Shape whole, Shape hole) {
    Area area = new Area(whole);
    area.subtract(new Area(hole));
    return area;
  }
}
