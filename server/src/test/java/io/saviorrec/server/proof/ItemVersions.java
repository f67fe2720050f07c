package io.saviorrec.server.proof;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SortedSet;
import java.util.TreeSet;

/// The content versions that one item has had, and when each of them could be seen.
final class ItemVersions {
  private static final int KEPT = 64;

  /// A version that was sent at one time and acknowledged at another; before that either it or the
  /// one before may be seen.
  private static final class Sent {
    private final int version;
    private final long sentNanos;
    private long acknowledgedNanos = Long.MAX_VALUE;

    Sent(int version, long sentNanos) {
      this.version = version;
      this.sentNanos = sentNanos;
    }
  }

  private final Deque<Sent> sent = new ArrayDeque<>();

  /// Says that a version goes out now; the one before must have been acknowledged.
  synchronized void sending(int version, long nanos) {
    sent.addLast(new Sent(version, nanos));
    if (sent.size() > KEPT) {
      sent.removeFirst();
    }
  }

  synchronized void acknowledged(long nanos) {
    sent.getLast().acknowledgedNanos = nanos;
  }

  synchronized int newest() {
    return sent.getLast().version;
  }

  /// The versions of which a call between these times may have seen one.
  synchronized SortedSet<Integer> visible(long fromNanos, long toNanos) {
    SortedSet<Integer> versions = new TreeSet<>();
    boolean replaced = false;
    for (var newestFirst = sent.descendingIterator(); newestFirst.hasNext() && !replaced; ) {
      Sent each = newestFirst.next();
      if (each.sentNanos - toNanos <= 0) {
        versions.add(each.version);
        // What came before it could not be seen any more when the call began.
        replaced =
            each.acknowledgedNanos != Long.MAX_VALUE && each.acknowledgedNanos - fromNanos < 0;
      }
    }
    return versions;
  }
}
