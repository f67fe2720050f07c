package io.saviorrec.server.proof;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.fakes.TinyRepository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// Versions of one model, all alike, that come into a repository one after the other.
final class SameVersions {
  private static final Pattern VERSION = Pattern.compile("\"version\"\\s*:\\s*\\d+");
  private static final int HOT_ITEMS = 2000;
  private static final int CLICKS = 30;

  private final Path bundle;
  private final String model;
  private final Path repository;
  private final long[] items;

  /// @param bundle of which all are copies
  /// @param repository where they come in
  SameVersions(Path bundle, Path repository) {
    this.bundle = bundle;
    this.repository = repository;
    Bundle opened = Bundle.open(bundle);
    this.model = opened.manifest().model();
    try (ItemTable table = opened.items()) {
      this.items =
          LongStream.range(0, Math.min(HOT_ITEMS, table.size()))
              .map(row -> table.itemId((int) row))
              .toArray();
    }
  }

  /// Of a tiny model with so many items.
  static SameVersions tiny(Path folder, int items) throws IOException, InterruptedException {
    TinyRepository.write(folder.resolve("made"), 1, items);
    return new SameVersions(folder.resolve("made/tiny/1"), folder.resolve("models"));
  }

  Path repository() {
    return repository;
  }

  String name(int version) {
    return model + "/" + version;
  }

  /// Puts a version in as a whole.
  Path bringIn(int version) throws IOException {
    Path folder = Files.createDirectories(repository.resolve(model));
    Path hidden = Files.createDirectories(folder.resolve("." + version));
    try (Stream<Path> files = Files.list(bundle)) {
      for (Path file : files.toList()) {
        Files.copy(file, hidden.resolve(file.getFileName().toString()));
      }
    }
    Path manifest = hidden.resolve(Bundle.MANIFEST);
    Files.writeString(
        manifest,
        VERSION.matcher(Files.readString(manifest)).replaceFirst("\"version\" : " + version));
    return Files.move(
        hidden, folder.resolve(Integer.toString(version)), StandardCopyOption.ATOMIC_MOVE);
  }

  /// A page view of items that all of them know.
  ScoreRequest page(Random random, int candidates) {
    User.Builder user = User.newBuilder().setUserId(random.nextInt(1, 1000));
    for (int i = 0; i < CLICKS; i++) {
      user.addHistory(items[random.nextInt(items.length)]);
    }
    ScoreRequest.Builder request = ScoreRequest.newBuilder().setUser(user);
    for (int i = 0; i < candidates; i++) {
      request.addCandidates(
          Candidate.newBuilder()
              .setItemId(items[random.nextInt(items.length)])
              .setPctrBase(random.nextDouble()));
    }
    return request.build();
  }
}
