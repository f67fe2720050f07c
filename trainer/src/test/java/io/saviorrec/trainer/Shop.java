package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.export.ArchiveScorer;
import io.saviorrec.trainer.torch.ScriptModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// A generated shop, two models trained on it and a server in a second JVM that serves both; made
/// once, when the first test asks.
final class Shop {
  static final List<String> MODELS = List.of("saviorrec", "base");
  static final Path FOLDER = emptied(Path.of("target", "it"));
  static final Path DATA = FOLDER.resolve("data").toAbsolutePath();

  private Shop() {}

  private static final class Trained {
    static final Path REPOSITORY = train(FOLDER.resolve("models").toAbsolutePath(), MODELS);
  }

  private static final class Opened {
    static final DataSet DATA_SET = DataSet.open(data());
  }

  private static final class Served {
    static final SaviorProcess PROCESS =
        SaviorProcess.serve(repository(), FOLDER.resolve("items").toAbsolutePath());
    static final SaviorProcess.Ports PORTS = PROCESS.awaitServing();
    static final ManagedChannel CHANNEL = channel(PORTS.grpc());

    static {
      Runtime.getRuntime().addShutdownHook(new Thread(PROCESS::kill));
    }
  }

  /// The generated data set's folder.
  static Path data() {
    if (!Files.exists(DATA)) {
      assertThat(CommandRun.of("synth", DATA.toString(), "--preset", "tiny", "--json").status())
          .isZero();
    }
    return DATA;
  }

  static DataSet dataSet() {
    return Opened.DATA_SET;
  }

  /// Trains these variants as models of the same names.
  static Path train(Path repository, List<String> variants) {
    for (String variant : variants) {
      CommandRun run =
          CommandRun.of(
              "train",
              data().toString(),
              repository.toString(),
              "--preset",
              "tiny",
              "--variant",
              variant,
              "--set",
              "encoder.profile.enabled=true",
              "--seed",
              "7");
      assertThat(run.errLines()).isEmpty();
      assertThat(run.status()).isZero();
    }
    return repository;
  }

  static Path repository() {
    return Trained.REPOSITORY;
  }

  static Bundle bundle(String model) {
    return Bundle.open(repository().resolve(model).resolve("1"));
  }

  static SaviorProcess.Ports ports() {
    return Served.PORTS;
  }

  /// A connection to the server of both models.
  static ManagedChannel channel() {
    return Served.CHANNEL;
  }

  static ManagedChannel channel(int port) {
    return channel("localhost", port);
  }

  static ManagedChannel channel(String host, int port) {
    return NettyChannelBuilder.forAddress(host, port).usePlaintext().build();
  }

  /// The trainer's own scores of a request by a bundle.
  static float[] expected(Bundle bundle, ItemTable items, ScoreRequest request) {
    return scorer(bundle, items).score(request);
  }

  static ArchiveScorer scorer(Bundle bundle, ItemTable items) {
    return ArchiveScorer.of(
        ScriptModule.load(bundle.path(Bundle.RANKER)), bundle.manifest(), items);
  }

  /// A copy of a folder under this name in the tests' folder.
  static Path copy(Path from, String name) {
    Path to = FOLDER.resolve(name).toAbsolutePath();
    try (Stream<Path> tree = Files.walk(from)) {
      for (Path path : tree.toList()) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
      return to;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path emptied(Path folder) {
    try {
      if (Files.exists(folder)) {
        try (Stream<Path> tree = Files.walk(folder)) {
          for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(path);
          }
        }
      }
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
