package io.saviorrec.trainer.data.log;

import io.saviorrec.bundle.FloatRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Computes taste profiles from impressions in the order of (user, time): an extension that the
/// paper lacks.
///
/// With each page view of n impressions, `u ← 2^(−n/h) u + Σ (y − p) z` over them: y is 1 for a
/// click, p what the click was expected by without a look at content, z the item's embedding and h
/// the half-life in impressions. So u leans to what the user clicks more than expected, and away
/// from what the user is shown and passes over.
public final class TasteBuilder {
  private static final int NO_DAY = Integer.MIN_VALUE;

  private final int width;
  private final FloatRows z;
  private final float[] ofItem;
  private final double halfLife;
  private final Start start;
  private final List<Tastes.Row> rows = new ArrayList<>();
  private final double[] taste;

  /// The sum over the page view that is being read, and how many impressions it has so far.
  private final double[] page;

  private int shown;

  private long user;
  private long second;
  private int day;
  private boolean begun;

  /// Gives the profiles that users begin with.
  @FunctionalInterface
  public interface Start {
    /// Nothing is known of anybody.
    Start NOTHING = (_, _) -> {};

    /// Writes a user's profile over zeros.
    void put(long userId, float[] out);
  }

  /// @param z a row of an item each
  /// @param start what users begin with
  public TasteBuilder(FloatRows z, double halfLife, Start start) {
    this.width = z.width();
    this.z = z;
    this.ofItem = new float[width];
    this.halfLife = halfLife;
    this.start = start;
    this.taste = new double[width];
    this.page = new double[width];
  }

  /// The next impression.
  ///
  /// @param residual y − p
  public void add(long userId, long time, int item, double residual) {
    if (!begun || userId != user) {
      endUser();
      beginUser(userId);
    }
    if (shown > 0 && time != second) {
      endPage();
    }
    if (Day.of(time) != day) {
      day = Day.of(time);
      keep(day);
    }
    second = time;
    shown++;
    z.copy(item, ofItem, 0);
    for (int d = 0; d < width; d++) {
      page[d] += residual * ofItem[d];
    }
  }

  /// The profiles of all users, as of each of their days and after the last.
  public Tastes build() {
    endUser();
    begun = false;
    return new Tastes(width, rows);
  }

  private void beginUser(long userId) {
    float[] first = new float[width];
    start.put(userId, first);
    for (int d = 0; d < width; d++) {
      taste[d] = first[d];
    }
    user = userId;
    day = NO_DAY;
    begun = true;
  }

  private void endPage() {
    // The same on every machine, which Math.pow need not be.
    double kept = StrictMath.pow(2, -shown / halfLife);
    for (int d = 0; d < width; d++) {
      taste[d] = kept * taste[d] + page[d];
    }
    Arrays.fill(page, 0);
    shown = 0;
  }

  private void endUser() {
    if (begun) {
      endPage();
      keep(Tastes.END);
    }
  }

  private void keep(int asOf) {
    float[] profile = new float[width];
    for (int d = 0; d < width; d++) {
      profile[d] = (float) taste[d];
    }
    rows.add(new Tastes.Row(user, asOf, profile));
  }
}
