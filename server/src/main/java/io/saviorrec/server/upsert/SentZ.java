package io.saviorrec.server.upsert;

import io.saviorrec.proto.v1.Item;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.store.ReadyZ;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What an embedding that comes with an item must be.
final class SentZ {
  /// Rounding moves the length of a float32 vector by far less.
  private static final double TOLERANCE = 1e-3;

  private SentZ() {}

  /// The embedding of an item that [#error] has nothing against; null: it has none.
  static @Nullable ReadyZ of(Item item, List<LiveModel> models) {
    return item.getZCount() == 0
        ? null
        : new ReadyZ(
            encoders(item.getZVersion(), models).first(),
            item.getZList(),
            item.getTitle().isBlank()
                && item.getCategory().isBlank()
                && item.getText().isBlank()
                && item.getImage().isEmpty());
  }

  /// What is wrong with an item's embedding; null: nothing.
  static @Nullable String error(Item item, List<LiveModel> models) {
    if (item.getZCount() == 0) {
      return item.getZVersion() == 0 ? null : "z_version is given without z";
    }
    long version = item.getZVersion();
    SortedSet<String> encoders = encoders(version, models);
    if (encoders.isEmpty()) {
      return "z_version " + version + " is of no live model; live are " + models;
    }
    if (encoders.size() > 1) {
      return "z_version " + version + " is of models with different encoders; live are " + models;
    }
    int length =
        models.stream()
            .filter(model -> model.encoderKey().encoderSha().equals(encoders.first()))
            .findFirst()
            .orElseThrow()
            .manifest()
            .dims()
            .zDim();
    if (item.getZCount() != length) {
      return "z has "
          + item.getZCount()
          + " values; those of version "
          + version
          + " have "
          + length;
    }
    double squares = 0;
    for (float value : item.getZList()) {
      squares += (double) value * value;
    }
    return Math.abs(Math.sqrt(squares) - 1) <= TOLERANCE
        ? null
        : "z must be finite and of length 1, was of length " + (float) Math.sqrt(squares);
  }

  private static SortedSet<String> encoders(long version, List<LiveModel> models) {
    SortedSet<String> encoders = new TreeSet<>();
    models.stream()
        .filter(model -> model.version() == version)
        .forEach(model -> encoders.add(model.encoderKey().encoderSha()));
    return encoders;
  }
}
