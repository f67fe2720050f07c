package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.client.ClientConfig;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.access.Right;
import io.saviorrec.server.access.TokenFile;
import io.saviorrec.server.fakes.TestCertificates;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The examples of clients, in the languages' own runtimes, against a server and beside the Java
/// client.
@Timeout(120)
class ClientExamplesTest {
  private static final Path EXAMPLES = Path.of("..", "examples").toAbsolutePath().normalize();
  private static final Path PROTOS = Path.of("..", "proto", "src", "main", "proto");
  private static final List<Long> HISTORY = List.of(11L, 12L);
  private static final List<Long> CANDIDATES = List.of(13L, 14L, 15L);
  private static final long NEW_ITEM = 9_000_001;
  private static final long USER = 25;
  private static final String PATIENCE_MS = "60000";

  @TempDir private static @Nullable Path folder;
  private static @Nullable ServerProcess server;

  /// A language, and how its example is run.
  enum Language {
    PYTHON {
      @Override
      List<String> program() throws IOException {
        String python = OutsideTool.require("python-with-grpcio").toString();
        Path generated = Files.createDirectories(folder().resolve("python"));
        ServerProcess.run(
            List.of(
                python,
                "-m",
                "grpc_tools.protoc",
                "-I",
                PROTOS.toString(),
                "--python_out=" + generated,
                "--grpc_python_out=" + generated,
                "saviorrec/v1/scoring.proto",
                "saviorrec/v1/items.proto"));
        return List.of(python, "-B", EXAMPLES.resolve("python/rank.py").toString());
      }
    },
    NODE {
      @Override
      List<String> program() {
        return List.of(
            OutsideTool.require("node-with-grpc").toString(),
            EXAMPLES.resolve("node/rank.js").toString());
      }
    },
    GO {
      @Override
      List<String> program() {
        return List.of(OutsideTool.require("savior-go-example").toString());
      }
    };

    abstract List<String> program() throws IOException;
  }

  /// What a program printed.
  private record Run(int status, List<String> out, String err) {}

  @BeforeAll
  static void start() throws IOException {
    server = ServerProcess.start(ServerProcess.Plan.of(TinyShop.repository(), folder()));
  }

  @AfterAll
  static void stop() {
    server().close();
  }

  private static ServerProcess server() {
    return Objects.requireNonNull(server);
  }

  private static Path folder() {
    return Objects.requireNonNull(folder);
  }

  private static Run run(Language language, String target, Map<String, String> environment)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(language.program());
    Path picture = folder().resolve("scarf.png");
    Files.write(picture, TinyShop.noise(1, 8).toByteArray());
    command.addAll(
        List.of(target, "" + USER, joined(HISTORY), joined(CANDIDATES), picture.toString()));
    File err = folder().resolve(language + ".err").toFile();
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(err);
    builder.environment().put("PYTHONPATH", folder().resolve("python").toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), out.lines().toList(), Files.readString(err.toPath()));
  }

  private static String joined(List<Long> ids) {
    return String.join(",", ids.stream().map(String::valueOf).toList());
  }

  /// The lines that an example should print, by the Java client.
  private static List<String> expected(SaviorClient client, List<Long> candidates) {
    ScoreResponse response =
        client.score(
            ScoreRequest.newBuilder()
                .setUser(User.newBuilder().setUserId(USER).addAllHistory(HISTORY))
                .addAllCandidateIds(candidates)
                .build());
    return IntStream.range(0, candidates.size())
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -response.getPctr(i)))
        .map(
            i ->
                "%d %s %s"
                    .formatted(candidates.get(i), response.getPctr(i), response.getSources(i)))
        .toList();
  }

  /// Languages write the same float with more digits or fewer.
  private static String asJava(String line) {
    String[] words = line.split(" ", -1);
    return "%s %s %s".formatted(words[0], (float) Double.parseDouble(words[1]), words[2]);
  }

  @ParameterizedTest
  @EnumSource
  void theExampleGetsTheScoresOfTheJavaClient(Language language) throws Exception {
    String target = "127.0.0.1:" + server().grpcPort();
    Run run = run(language, target, Map.of("SAVIOR_DEADLINE_MS", PATIENCE_MS));
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.err()).isEmpty();
    ClientConfig config = ClientConfig.of(target).withDeadline(Duration.ofMinutes(1));
    try (SaviorClient client = SaviorClient.connect(config)) {
      List<Long> all = Stream.concat(CANDIDATES.stream(), Stream.of(NEW_ITEM)).toList();
      List<String> expected = new ArrayList<>(expected(client, CANDIDATES));
      expected.addAll(expected(client, all));
      assertThat(run.out().stream().map(ClientExamplesTest::asJava))
          .containsExactlyElementsOf(expected)
          .anyMatch(line -> line.matches(NEW_ITEM + " 0\\.[0-9]+ ENCODED"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void whereNobodyAnswersTheCandidatesStayInTheirOrder(Language language) throws Exception {
    String nobody;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = "127.0.0.1:" + taken.getLocalPort();
    }
    Run run = run(language, nobody, Map.of());
    assertThat(run.err()).contains("not ranked: ");
    assertThat(run.out()).hasSize(CANDIDATES.size());
    for (int i = 0; i < CANDIDATES.size(); i++) {
      assertThat(run.out().get(i)).startsWith(CANDIDATES.get(i) + " ");
    }
    // The upsert has nothing to fall back on.
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err().lines().toList().getLast()).containsIgnoringCase("unavailable");
  }

  @ParameterizedTest
  @EnumSource
  void withTlsAndATokenTheExampleIsLetIn(Language language) throws Exception {
    Path home = Files.createDirectories(folder().resolve("tls-" + language));
    TestCertificates shop = TestCertificates.in(home.resolve("shop"));
    TestCertificates.Identity ranking = shop.issue("ranking", "CN=ranking", "dns:localhost");
    String token = TokenFile.newToken();
    Path tokens =
        Files.writeString(
            home.resolve("tokens"),
            TokenFile.line("feed", Set.of(Right.SCORE, Right.WRITE), token) + "\n");
    ServerProcess.Plan plan =
        ServerProcess.Plan.of(TinyShop.repository(), home.resolve("server"))
            .settings(
                Map.of(
                    "tls.certificates", ranking.chain().toString(),
                    "tls.key", ranking.key().toString(),
                    "access.tokens", tokens.toString()));
    Map<String, String> stranger =
        Map.of(
            "SAVIOR_AUTHORITIES", shop.authority().toString(), "SAVIOR_DEADLINE_MS", PATIENCE_MS);
    // Skipped before a server is started for it.
    var _ = language.program();
    try (ServerProcess secured = ServerProcess.launch(plan)) {
      String target = "localhost:" + secured.grpcPort();
      ClientConfig config =
          ClientConfig.of(target)
              .withDeadline(Duration.ofSeconds(20))
              .withTls(ClientConfig.Tls.trusting(shop.authority()));
      try (SaviorClient client = SaviorClient.connect(config)) {
        assertThat(Eventually.within(Duration.ofMinutes(1), client::isServing)).isTrue();
      }
      Run refused = run(language, target, stranger);
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.err()).containsIgnoringCase("unauthenticated");

      Map<String, String> known = new HashMap<>(stranger);
      known.put("SAVIOR_TOKEN", token);
      Run served = run(language, target, known);
      assertThat(served.status()).as(served.err()).isZero();
      assertThat(served.out()).hasSize(2 * CANDIDATES.size() + 1);
    }
  }
}
