package io.saviorrec.server.batching;

import java.util.List;

/// Work of one kind that costs less when several pieces of it run at once, as requests to one model
/// do. Two of them that are equal are the same kind.
///
/// @param <J> a piece of it
/// @param <T> what comes of a piece
public interface Together<J, T> {
  /// Whether another piece may go with those that are chosen already, at least one.
  boolean fits(List<J> chosen, J next);

  /// What these pieces should take together; 0 when that is not known.
  long expectedNanos(List<J> pieces);

  /// Runs the pieces and ends the turn of each, on a thread of the lane. What it throws fails those
  /// that have not ended.
  ///
  /// @return the pieces whose time says what such work takes; empty when it says nothing
  List<J> run(List<Turn<J, T>> turns) throws Exception;

  /// Is told how long pieces took.
  void took(List<J> pieces, long nanos);
}
