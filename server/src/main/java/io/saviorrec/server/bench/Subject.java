package io.saviorrec.server.bench;

/// A module that scores requests, one after the other, in the thread that asks.
interface Subject extends AutoCloseable {
  /// Makes ready to score requests of this shape, with none of it left to [#score].
  void prepare(Shape shape);

  /// Scores the next request of the shape.
  void score();

  @Override
  void close();
}
