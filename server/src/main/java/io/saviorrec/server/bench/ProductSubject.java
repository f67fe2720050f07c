package io.saviorrec.server.bench;

import io.saviorrec.engine.PlainArchive;
import io.saviorrec.engine.PlainArchive.Input;
import io.saviorrec.engine.PlainArchive.Longs;
import java.nio.file.Path;

/// One matrix product, `forward([rows, columns, bf16] i64[3])`: what the machine can do at best.
final class ProductSubject implements Subject {
  private final PlainArchive archive;
  private Input input = new Longs(new long[] {1, 1, 0}, 3);

  ProductSubject(Path file) {
    this.archive = PlainArchive.load(file);
  }

  @Override
  public void prepare(Shape shape) {
    input = new Longs(new long[] {shape.candidates(), shape.width(), shape.bf16() ? 1 : 0}, 3);
  }

  @Override
  public void score() {
    archive.forward(input);
  }

  @Override
  public void close() {
    archive.close();
  }
}
