package io.saviorrec.loadtest.report;

import java.util.ArrayList;
import java.util.List;

/// Numbers along one axis of a chart, from 0 to 1.
interface Scale {
  /// Steps between marks that people read easily, times a power of ten.
  List<Double> ROUND = List.of(1., 2., 2.5, 5., 10.);

  int MARKS = 5;

  /// A number at its axis, with what is written there.
  record Mark(double at, String text) {}

  double at(double value);

  List<Mark> marks();

  /// From 0, or from `low`, to a round number that is not below `high`.
  static Scale linear(double low, double high) {
    double span = high > low ? high - low : 1;
    double raw = span / MARKS;
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    double found = 10 * power;
    for (double round : ROUND) {
      if (round * power >= raw) {
        found = round * power;
        break;
      }
    }
    double step = found;
    double end = low + step * Math.ceil(span / step - 1e-9);
    return new Scale() {
      @Override
      public double at(double value) {
        return (value - low) / (end - low);
      }

      @Override
      public List<Mark> marks() {
        List<Mark> marks = new ArrayList<>();
        for (int i = 0; low + i * step <= end + step / 2; i++) {
          double value = low + i * step;
          marks.add(new Mark(at(value), Numbers.format(value, digits(step))));
        }
        return marks;
      }
    };
  }

  /// Behind the point, so that multiples of it are written exactly.
  private static int digits(double step) {
    int digits = 0;
    double shifted = step;
    while (Math.abs(shifted - Math.rint(shifted)) > 1e-6 * shifted) {
      shifted *= 10;
      digits++;
    }
    return digits;
  }

  /// Factors take the same room everywhere: for values that differ a hundredfold.
  ///
  /// @param low above 0
  static Scale logarithmic(double low, double high) {
    double begin = Math.floor(Math.log10(low));
    double end = Math.max(begin + 1, Math.ceil(Math.log10(high) - 1e-9));
    return new Scale() {
      @Override
      public double at(double value) {
        return (Math.log10(Math.max(value, low)) - begin) / (end - begin);
      }

      @Override
      public List<Mark> marks() {
        List<Mark> marks = new ArrayList<>();
        for (double exponent = begin; exponent <= end; exponent++) {
          double value = Math.pow(10, exponent);
          marks.add(
              new Mark(
                  (exponent - begin) / (end - begin),
                  Numbers.format(value, (int) Math.max(0, -exponent))));
        }
        return marks;
      }
    };
  }

  /// Shares below 1, the nines of each taking the same room.
  ///
  /// @param most the highest share that is shown
  static Scale nines(double most) {
    double end = -Math.log10(1 - most);
    return new Scale() {
      @Override
      public double at(double value) {
        return -Math.log10(1 - Math.min(value, most)) / end;
      }

      @Override
      public List<Mark> marks() {
        List<Mark> marks = new ArrayList<>();
        for (double share : new double[] {0, .5, .9, .99, .999, .9999, .99999}) {
          if (share <= most) {
            int nines = (int) Math.round(-Math.log10(1 - share));
            marks.add(
                new Mark(at(share), Numbers.format(100 * share, nines > 2 ? nines - 2 : 0) + " %"));
          }
        }
        return marks;
      }
    };
  }
}
