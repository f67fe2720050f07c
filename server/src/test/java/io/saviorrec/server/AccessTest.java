package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.saviorrec.client.CallException;
import io.saviorrec.client.ClientConfig;
import io.saviorrec.client.ClientConfig.Retries;
import io.saviorrec.client.ClientConfig.Tls;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.client.Token;
import io.saviorrec.config.ConfigException;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.server.access.Right;
import io.saviorrec.server.access.TokenFile;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.fakes.TestCertificates;
import io.saviorrec.server.fakes.TestCertificates.Identity;
import io.saviorrec.server.store.InMemoryItemStore;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Who may do what, through real ports, with certificates and tokens made here.
@Timeout(120)
class AccessTest {
  private static final ScoreRequest REQUEST =
      ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(1)).build();
  private static final List<Item> ITEMS =
      List.of(Item.newBuilder().setItemId(777).setTitle("a hat").build());

  @TempDir private static Path shared;
  private static TestCertificates shop;
  private static Identity ranking;
  private static Identity renewed;
  private static Identity feed;
  private static Identity stranger;

  @TempDir private Path folder;
  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeAll
  static void makeCertificates() throws Exception {
    shop = TestCertificates.in(shared.resolve("shop"));
    ranking = shop.issue("ranking", "CN=ranking", "dns:ranking.internal,ip:127.0.0.1");
    renewed = shop.issue("renewed", "CN=ranking", "dns:ranking.internal,ip:127.0.0.1");
    feed = shop.issue("feed", "CN=feed,O=Shop", "dns:feed.internal");
    stranger =
        TestCertificates.in(shared.resolve("other"))
            .issue("feed", "CN=feed,O=Shop", "dns:feed.internal");
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  private Server start(Map<String, String> settings) throws IOException {
    Path repository = Files.createDirectories(folder.resolve("models"));
    TestBundles.write(repository, "m");
    Server server =
        Server.start(
            repository,
            TestConfigs.small(settings),
            new Server.Parts(_ -> new InMemoryItemStore(), (bundle, slots) -> new FakeEngine()));
    opened.add(server);
    return server;
  }

  /// The server's certificate, in files of its own.
  private Map<String, String> tls(Map<String, String> more) throws IOException {
    put(ranking);
    Map<String, String> settings = new TreeMap<>(more);
    settings.put("tls.certificates", chain().toString());
    settings.put("tls.key", key().toString());
    settings.put("tls.reloadInterval", "10ms");
    return settings;
  }

  private Path chain() {
    return folder.resolve("tls.pem");
  }

  private Path key() {
    return folder.resolve("tls.key");
  }

  private void put(Identity identity) throws IOException {
    Files.copy(identity.chain(), chain(), StandardCopyOption.REPLACE_EXISTING);
    Files.copy(identity.key(), key(), StandardCopyOption.REPLACE_EXISTING);
  }

  private static ClientConfig config(Server server) {
    return ClientConfig.of("127.0.0.1:" + server.grpcPort())
        .withRetries(Retries.none())
        .withDeadline(Duration.ofSeconds(20));
  }

  private static Tls trusting() {
    return Tls.trusting(shop.authority()).withServerName("ranking.internal");
  }

  private SaviorClient client(ClientConfig config) {
    SaviorClient client = SaviorClient.connect(config);
    opened.add(client);
    return client;
  }

  private static void assertRefused(Runnable call, Status.Code code, String message) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            CallException.class,
            e -> {
              assertThat(e.code()).isEqualTo(code);
              assertThat(e.serverMessage()).isEqualTo(message);
            });
  }

  @Test
  void onlyClientsWithACertificateOfTheAuthorityMayConnectAndDoWhatTheirsAllows() throws Exception {
    Server server =
        start(
            tls(
                Map.of(
                    "tls.clientCertificates", "required",
                    "tls.clientAuthorities", shop.authority().toString(),
                    "access.certificates", "{'dns:feed.internal': score}")));
    ClientConfig config = config(server);
    SaviorClient known =
        client(config.withTls(trusting().withCertificate(feed.chain(), feed.key())));

    assertThat(known.score(REQUEST).getScoresCount()).isEqualTo(1);
    assertRefused(
        () -> known.upsertItems(ITEMS),
        Status.Code.PERMISSION_DENIED,
        "CN=feed,O=Shop lacks the right write");
    SaviorClient without = client(config.withTls(trusting()));
    SaviorClient other =
        client(config.withTls(trusting().withCertificate(stranger.chain(), stranger.key())));
    for (SaviorClient refused : List.of(without, other)) {
      assertThatThrownBy(() -> refused.score(REQUEST)).isInstanceOf(CallException.class);
      assertThat(refused.isServing()).isFalse();
    }
    assertThatThrownBy(() -> client(config).score(REQUEST)).isInstanceOf(CallException.class);
  }

  @Test
  void aNewCertificateIsShownWithoutALostCallAndAHalfWrittenOneIsNot() throws Exception {
    Server server = start(tls(Map.of()));
    ClientConfig config = config(server).withTls(trusting());
    SaviorClient open = client(config);
    X509Certificate first = certificate(ranking);
    X509Certificate second = certificate(renewed);
    open.score(REQUEST);

    String whole = Files.readString(renewed.chain());
    Files.writeString(chain(), whole.substring(0, whole.length() / 3));
    scoreOnNewConnections(config, open, 5);
    assertThat(shown(server)).isEqualTo(first);
    Files.writeString(chain(), whole);
    scoreOnNewConnections(config, open, 5);
    assertThat(shown(server)).isEqualTo(first);
    put(renewed);
    while (!shown(server).equals(second)) {
      scoreOnNewConnections(config, open, 1);
    }
    scoreOnNewConnections(config, open, 1);
  }

  @Test
  void untilWhenTheCertificateIsValidIsAMetricThatFollowsIt() throws Exception {
    Server server = start(tls(Map.of()));
    assertThat(expires(server)).isEqualTo(notAfter(ranking));
    Identity brief = shop.issue("brief", "CN=ranking", "ip:127.0.0.1", 41);

    put(brief);

    while (expires(server) != notAfter(brief)) {
      Thread.onSpinWait();
    }
    assertThat(expires(server))
        .isBetween(
            Instant.now().plus(Duration.ofHours(23)).getEpochSecond(),
            Instant.now().plus(Duration.ofHours(25)).getEpochSecond());
  }

  /// Of the first certificate of the chain that expires.
  private static long notAfter(Identity identity) throws Exception {
    try (InputStream in = Files.newInputStream(identity.chain())) {
      return CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
          .mapToLong(each -> ((X509Certificate) each).getNotAfter().toInstant().getEpochSecond())
          .min()
          .orElseThrow();
    }
  }

  private static long expires(Server server) throws Exception {
    URI page = URI.create("http://127.0.0.1:" + server.adminPort() + "/metrics");
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofLines())
          .body()
          .filter(line -> line.startsWith("savior_tls_certificate_not_after_timestamp_seconds "))
          .map(line -> new BigDecimal(line.split(" ", -1)[1]).longValueExact())
          .findFirst()
          .orElseThrow();
    }
  }

  private static void scoreOnNewConnections(ClientConfig config, SaviorClient open, int times) {
    for (int i = 0; i < times; i++) {
      try (SaviorClient fresh = SaviorClient.connect(config)) {
        assertThat(fresh.score(REQUEST).getScoresCount()).isEqualTo(1);
      }
      assertThat(open.score(REQUEST).getScoresCount()).isEqualTo(1);
    }
  }

  private static X509Certificate certificate(Identity identity) throws Exception {
    try (InputStream in = Files.newInputStream(identity.chain())) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  /// The certificate that the server shows now.
  private static X509Certificate shown(Server server) throws Exception {
    try (SSLSocket socket =
        (SSLSocket)
            trustingContext()
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), server.grpcPort())) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2"});
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  private static SSLContext trustingContext() throws Exception {
    KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
    authorities.load(null, null);
    try (InputStream in = Files.newInputStream(shop.authority())) {
      authorities.setCertificateEntry(
          "shop", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(authorities);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  @Test
  void aTokenGivesItsRightsAndTheFileIsFollowed() throws Exception {
    Path tokens = folder.resolve("tokens");
    Files.writeString(tokens, TokenFile.line("feed", Set.of(Right.SCORE), "one"));
    Server server = start(Map.of("access.tokens", tokens.toString(), "tls.reloadInterval", "10ms"));
    ClientConfig config = config(server);
    SaviorClient one = client(config.withToken(Token.of("one")));

    assertThat(one.score(REQUEST).getScoresCount()).isEqualTo(1);
    assertThat(one.getItems(List.of(1L))).hasSize(1);
    assertRefused(
        () -> one.upsertItems(ITEMS), Status.Code.PERMISSION_DENIED, "feed lacks the right write");
    assertRefused(
        () -> client(config).score(REQUEST),
        Status.Code.UNAUTHENTICATED,
        "this server asks for a token (authorization: Bearer TOKEN)");
    assertRefused(
        () -> client(config.withToken(Token.of("two"))).score(REQUEST),
        Status.Code.UNAUTHENTICATED,
        "the token is not known");
    assertThat(client(config).isServing()).isTrue();

    Files.writeString(tokens, TokenFile.line("feed", Set.of(Right.WRITE), "two"));
    while (scores(one)) {
      Thread.onSpinWait();
    }
    assertThat(client(config.withToken(Token.of("two"))).upsertItems(ITEMS)).hasSize(1);
  }

  private static boolean scores(SaviorClient client) {
    try {
      client.score(REQUEST);
      return true;
    } catch (CallException e) {
      assertThat(e.code()).isEqualTo(Status.Code.UNAUTHENTICATED);
      return false;
    }
  }

  @Test
  void theAdminPagesAskForTheRightToAdministerAndHealthForNone() throws Exception {
    Path tokens = folder.resolve("tokens");
    Files.write(
        tokens,
        List.of(
            TokenFile.line("feed", Set.of(Right.SCORE), "one"),
            TokenFile.line("me", Set.of(Right.ADMINISTER), "two")));
    Server server =
        start(
            tls(
                Map.of(
                    "access.tokens",
                    tokens.toString(),
                    "admin.tls",
                    "true",
                    "tls.clientCertificates",
                    "required",
                    "tls.clientAuthorities",
                    shop.authority().toString())));

    for (String page : List.of("/", "/metrics", "/models", "/config")) {
      assertThat(get(server, page, "").statusCode()).isEqualTo(401);
      HttpResponse<String> denied = get(server, page, "Bearer one");
      assertThat(denied.statusCode()).isEqualTo(403);
      assertThat(denied.body()).isEqualTo("feed lacks the right administer\n");
      assertThat(get(server, page, "Bearer two").statusCode()).isEqualTo(200);
      assertThat(get(server, page, basic("two")).statusCode()).isEqualTo(200);
    }
    assertThat(post(server, "/reload", "").statusCode()).isEqualTo(401);
    assertThat(post(server, "/reload", "Bearer one").statusCode()).isEqualTo(403);
    assertThat(post(server, "/reload", "Bearer two").statusCode()).isEqualTo(200);
    assertThat(get(server, "/healthz", "").statusCode()).isEqualTo(200);
    assertThat(get(server, "/readyz", "").statusCode()).isEqualTo(200);
    assertThat(get(server, "/config", "Bearer two").body())
        .contains("\"tokens\" : \"" + tokens + "\"")
        .doesNotContain("PRIVATE KEY", Files.readString(tokens).substring(11, 40));
  }

  private static String basic(String token) {
    return "Basic "
        + Base64.getEncoder().encodeToString(("me:" + token).getBytes(StandardCharsets.UTF_8));
  }

  private static HttpResponse<String> get(Server server, String page, String authorization)
      throws Exception {
    return send(server, page, authorization, HttpRequest.newBuilder());
  }

  private static HttpResponse<String> post(Server server, String page, String authorization)
      throws Exception {
    return send(
        server,
        page,
        authorization,
        HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.noBody()));
  }

  private static HttpResponse<String> send(
      Server server, String page, String authorization, HttpRequest.Builder request)
      throws Exception {
    request.uri(URI.create("https://127.0.0.1:" + server.adminPort() + page));
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    try (HttpClient client = HttpClient.newBuilder().sslContext(trustingContext()).build()) {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void filesThatCannotBeUsedAreAnErrorAtTheStart() throws Exception {
    Map<String, String> settings = tls(Map.of());
    Files.copy(feed.key(), key(), StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> start(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessage("tls.certificates and tls.key: the key is not that of the first certificate");
    Files.writeString(key(), "no key");
    assertThatThrownBy(() -> start(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("no whole PKCS #8 key (RSA or EC) in PEM");
    Files.delete(chain());
    assertThatThrownBy(() -> start(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(chain() + ": no such file");
  }

  @Test
  void whatIsLeftOpenToOthersIsSaid() {
    Map<String, String> everywhere = Map.of("server.host", "0.0.0.0");
    assertThat(Exposure.warnings(TestConfigs.small(Map.of()))).isEmpty();
    assertThat(Exposure.warnings(TestConfigs.small(everywhere)))
        .singleElement()
        .asString()
        .startsWith("whoever reaches this machine may score and write items at 0.0.0.0; ");
    assertThat(
            Exposure.warnings(
                TestConfigs.small(
                    Map.of("server.host", "0.0.0.0", "access.tokens", "/etc/tokens"))))
        .containsExactly(
            "tokens cross the network unencrypted; set tls.certificates, or admin.tls");
  }
}
