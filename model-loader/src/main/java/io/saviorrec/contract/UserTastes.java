package io.saviorrec.contract;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.TasteTable;
import org.jspecify.annotations.Nullable;

/// Which taste profile a user is scored with, in the trainer as in the server: the one that the
/// request brings, else the bundle's, else one of zeros, which is that of a user who was never
/// shown anything. An extension that the paper lacks.
///
/// Concurrency: like [TasteTable], which it closes.
public final class UserTastes implements AutoCloseable {
  private final @Nullable TasteTable table;

  private UserTastes(@Nullable TasteTable table) {
    this.table = table;
  }

  /// For a model that takes none.
  public static UserTastes none() {
    return new UserTastes(null);
  }

  /// Those of a table.
  public static UserTastes of(TasteTable table) {
    return new UserTastes(table);
  }

  /// Those of a bundle, which may have none.
  public static UserTastes of(Bundle bundle) {
    return new UserTastes(bundle.tastes());
  }

  /// Users that have one.
  public int users() {
    return table == null ? 0 : table.size();
  }

  /// Numbers of a profile; 0: the model takes none.
  public int width() {
    return table == null ? 0 : table.width();
  }

  /// The profile to score a user with.
  ///
  /// @param sent the request's own; null: it has none
  public float[] of(long userId, float @Nullable [] sent) {
    if (sent != null) {
      return sent;
    }
    float[] taste = new float[width()];
    int row = table == null ? -1 : table.find(userId);
    if (table != null && row >= 0) {
      table.copy(row, taste, 0);
    }
    return taste;
  }

  /// That of a request's user.
  public float[] of(EncodedRequest request) {
    return of(request.userId(), request.taste());
  }

  @Override
  public void close() {
    if (table != null) {
      table.close();
    }
  }
}
