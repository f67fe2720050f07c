package io.saviorrec.trainer.experiment;

import java.util.Collection;

/// A metric of one bucket with its standard error.
///
/// Users are independent of each other and what one of them does is not, so the error is that of a
/// ratio of two means over users, by the delta method: with X the numerators, Y the denominators
/// and R = ΣX/ΣY it is the standard error of the mean of (X − R Y), divided by the mean of Y.
///
/// @param value NaN where nothing was counted
/// @param error NaN with fewer than two users
record Estimate(double value, double error) {
  static Estimate of(Metric metric, Collection<Activity> users) {
    double numerators = 0;
    double denominators = 0;
    for (Activity user : users) {
      numerators += metric.numerator(user);
      denominators += metric.denominator(user);
    }
    double ratio = numerators / denominators;
    double squares = 0;
    for (Activity user : users) {
      double residual = metric.numerator(user) - ratio * metric.denominator(user);
      squares += residual * residual;
    }
    double n = users.size();
    double variance = squares / (n - 1) / n;
    return new Estimate(ratio, n < 2 ? Double.NaN : Math.sqrt(variance) / (denominators / n));
  }
}
