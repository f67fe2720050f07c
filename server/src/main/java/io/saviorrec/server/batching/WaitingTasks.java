package io.saviorrec.server.batching;

import io.saviorrec.server.batching.Lane.Task;
import io.saviorrec.server.request.Priority;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The tasks of a [Lane] that wait, in the order in which they go, and the threads that wait for
/// them.
///
/// Each task is taken out once, by a thread that runs it, by the end of its call, or by work that
/// pushes it out; whoever takes it out decides what becomes of it.
final class WaitingTasks {
  /// Tasks that are looked at for one batch, where those of several kinds wait among each other.
  private static final int MOST_LOOKED_AT = 1_000;

  private static final Comparator<Task<?, ?>> ORDER =
      Comparator.<Task<?, ?>>comparingLong(task -> task.turn)
          .thenComparingLong(task -> task.sequence);

  private final long startNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final NavigableSet<Task<?, ?>> tasks = new TreeSet<>(ORDER);
  private long sequence;
  private int idleThreads;
  private boolean closed;

  /// @param startNanos a time before every task's
  WaitingTasks(long startNanos) {
    this.startNanos = startNanos;
  }

  /// False when it is closed.
  boolean add(Task<?, ?> task) {
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      task.turn = task.submittedNanos - startNanos + task.rank() * Lane.OVERTAKE;
      task.sequence = sequence++;
      tasks.add(task);
      changed.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// False when somebody else has taken it out.
  boolean remove(Task<?, ?> task) {
    lock.lock();
    try {
      return tasks.remove(task);
    } finally {
      lock.unlock();
    }
  }

  /// The youngest of those with the lowest priority, if that is below another.
  @Nullable Task<?, ?> removeLeastBelow(Priority priority) {
    lock.lock();
    try {
      Task<?, ?> least = null;
      for (Task<?, ?> task : tasks) {
        if (task.rank() > priority.rank()
            && (least == null
                || task.rank() > least.rank()
                || (task.rank() == least.rank() && task.sequence > least.sequence))) {
          least = task;
        }
      }
      if (least != null) {
        tasks.remove(least);
      }
      return least;
    } finally {
      lock.unlock();
    }
  }

  /// What a thread runs next, all of one kind, once there is something; empty when it is closed and
  /// nothing is left.
  List<Task<?, ?>> take() {
    lock.lock();
    try {
      while (tasks.isEmpty()) {
        if (closed) {
          return List.of();
        }
        idleThreads++;
        changed.awaitUninterruptibly();
        idleThreads--;
      }
      Task<?, ?> first = tasks.removeFirst();
      // What waits while threads are idle is theirs; they are on their way.
      return idleThreads > 0 ? List.of(first) : withThoseThatFit(first);
    } finally {
      lock.unlock();
    }
  }

  private <J, T> List<Task<?, ?>> withThoseThatFit(Task<J, T> first) {
    List<Task<?, ?>> batch = new ArrayList<>();
    List<J> pieces = new ArrayList<>();
    batch.add(first);
    pieces.add(first.piece);
    long tightest = first.call.remainingNanos();
    Iterator<Task<?, ?>> others = tasks.iterator();
    for (int seen = 0; seen < MOST_LOOKED_AT && others.hasNext(); seen++) {
      Task<?, ?> other = others.next();
      if (other.rank() != first.rank() || !other.kind.equals(first.kind)) {
        continue;
      }
      @SuppressWarnings("unchecked") // of one kind, so of one type
      Task<J, T> next = (Task<J, T>) other;
      if (!first.kind.fits(pieces, next.piece)) {
        break;
      }
      pieces.add(next.piece);
      tightest = Math.min(tightest, next.call.remainingNanos());
      if (first.kind.expectedNanos(pieces) >= tightest) {
        break;
      }
      batch.add(next);
      others.remove();
    }
    return batch;
  }

  /// What is left; nothing is taken on any more.
  List<Task<?, ?>> removeAll() {
    lock.lock();
    try {
      List<Task<?, ?>> left = new ArrayList<>(tasks);
      tasks.clear();
      return left;
    } finally {
      lock.unlock();
    }
  }

  /// Takes nothing on from now on; threads end when nothing is left.
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return tasks.size();
    } finally {
      lock.unlock();
    }
  }
}
