package io.saviorrec.trainer.fallback;

import java.util.function.LongPredicate;

/// What a period's clicks say of one case of the fallback: of all items shown in it, as if none of
/// them had been sent, and of those that were first shown in it, as none of them had.
record Evidence(Clicks all, Clicks areNew) {
  /// Of a period's items there are always enough.
  private static final double WIDE = 3;

  /// That of some users.
  Evidence where(LongPredicate user) {
    return new Evidence(
        all.where(i -> user.test(all.users()[i])), areNew.where(i -> user.test(areNew.users()[i])));
  }

  /// The shift of all items.
  double shiftOfAll() {
    return all.shift(0, WIDE);
  }

  /// New items, with logits by which all of the period's are right on average.
  Clicks newBesideAll() {
    double shift = shiftOfAll();
    return areNew.moved(_ -> shift);
  }
}
