package io.saviorrec.trainer.synth;

/// All impressions in time order, page view by page view, with the probability that each click was
/// drawn from.
final class ClickLog {
  final int[] user;
  final int[] item;
  final long[] time;
  final byte[] device;
  final boolean[] clicked;
  final double[] probability;
  final double[] pctrBase;
  private int size;

  ClickLog(int capacity) {
    user = new int[capacity];
    item = new int[capacity];
    time = new long[capacity];
    device = new byte[capacity];
    clicked = new boolean[capacity];
    probability = new double[capacity];
    pctrBase = new double[capacity];
  }

  int size() {
    return size;
  }

  /// Makes room for one more impression and returns its row.
  int next() {
    return size++;
  }

  /// The first row at or after a time.
  int firstAt(long from) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (time[middle] < from) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  double clickRate(int from, int to) {
    int clicks = 0;
    for (int i = from; i < to; i++) {
      clicks += clicked[i] ? 1 : 0;
    }
    return (double) clicks / Math.max(1, to - from);
  }
}
