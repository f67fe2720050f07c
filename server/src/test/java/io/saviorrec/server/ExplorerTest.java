package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.server.access.Right;
import io.saviorrec.server.access.TokenFile;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.store.InMemoryItemStore;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What the explorer answers, through a real admin port and with a model that libtorch runs.
@Timeout(60)
class ExplorerTest extends ExplorerServersTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static HttpResponse<byte[]> send(Server server, String path, HttpRequest.Builder request)
      throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          request.uri(URI.create("http://127.0.0.1:" + server.adminPort() + path)).build(),
          HttpResponse.BodyHandlers.ofByteArray());
    }
  }

  private static JsonNode get(Server server, String path) throws Exception {
    HttpResponse<byte[]> answer = send(server, "/explore/" + path, HttpRequest.newBuilder());
    assertThat(answer.headers().firstValue("content-type")).contains("application/json");
    return JSON.readTree(answer.body());
  }

  private static ObjectNode item(long id, String title) {
    return JSON.createObjectNode().put("id", Long.toString(id)).put("title", title);
  }

  private static HttpResponse<byte[]> put(
      Server server, JsonNode item, String type, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder()
            .header("content-type", type)
            .POST(HttpRequest.BodyPublishers.ofString(item.toString()));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(server, "/explore/put", request);
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  @Test
  void ranksAFeedBesideTheScoresOfTheLogAndSaysWhy() throws Exception {
    Server server = start(Map.of());

    JsonNode state = get(server, "state");
    assertThat(state.path("by").asText()).isEqualTo("tiny/1");
    assertThat(state.path("other").asText()).isEqualTo("pctr_base");
    assertThat(texts(get(server, "users?q=1007"), "id")).containsExactly("10072", "10073");

    JsonNode feed = get(server, "feed?user=" + USER);
    assertThat(feed.path("user").asText()).isEqualTo("9007199254740993");
    assertThat(feed.path("about").toString()).isEqualTo("{\"age\":\"33\",\"hour\":\"13\"}");
    assertThat(texts(feed.path("clicks"), "id"))
        .containsExactly("" + (FIRST + 21), "" + (FIRST + 22), "" + (FIRST + 20));
    JsonNode ranking = feed.path("ranking");
    assertThat(ranking).hasSize(13);
    double before = 1;
    for (int i = 0; i < ranking.size(); i++) {
      assertThat(ranking.path(i).path("rank").asInt()).isEqualTo(i + 1);
      assertThat(ranking.path(i).path("pctr").asDouble()).isLessThanOrEqualTo(before);
      before = ranking.path(i).path("pctr").asDouble();
      long id = ranking.path(i).path("item").path("id").asLong();
      assertThat(ranking.path(i).path("clicked").asBoolean()).isEqualTo(id == SVG);
      assertThat(ranking.path(i).path("source").asText())
          .isEqualTo(id == STRANGER ? "UNKNOWN_ITEM" : "TRAINED");
      assertThat(ranking.path(i).path("otherRank").isNull()).isEqualTo((id - FIRST) % 4 == 3);
    }

    JsonNode why = get(server, "why?user=" + USER);
    // The model looks at three clicks, of two items.
    assertThat(why.path("leftOut").asInt()).isEqualTo(2);
    JsonNode reasons = why.path("reasons").path("" + SCRIPT);
    assertThat(texts(reasons.findValues("item"), "id"))
        .isNotEmpty()
        .isSubsetOf("" + (FIRST + 21), "" + (FIRST + 22));
  }

  @Test
  void lookingAtAFeedCountsAndIsLoggedAsNothingThatWasShown() throws Exception {
    Path exposures = folder.resolve("exposures");
    Server server = start(Map.of("exposures.directory", exposures.toString()));

    get(server, "feed?user=" + USER);
    get(server, "why?user=" + USER);

    assertThat(text(send(server, "/metrics", HttpRequest.newBuilder())))
        .contains(
            "savior_score_candidates_count{model=\"tiny\",variant=\"saviorrec\",version=\"1\"} 0");
    server.close();
    try (var files = Files.walk(exposures)) {
      assertThat(files.filter(Files::isRegularFile).filter(ExplorerTest::hasBytes)).isEmpty();
    }
  }

  private static boolean hasBytes(Path file) {
    try {
      return Files.size(file) > 0;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void showsAnItemWithWhatIsNearItAndSharesItsCodes() throws Exception {
    Server server = start(Map.of());

    JsonNode page = get(server, "item?id=" + (FIRST + 20));
    assertThat(page.path("source").asText()).isEqualTo("TRAINED");
    assertThat(page.path("codes").size()).isPositive();
    assertThat(page.path("stats").size()).isEqualTo(3);
    assertThat(page.path("nearest")).hasSize(12);
    assertThat(texts(page.path("nearest").findValues("item"), "id"))
        .doesNotContain("" + (FIRST + 20));
    assertThat(page.path("sharing").path(0).path("items").size()).isPositive();
    assertThat(get(server, "item?id=" + STRANGER).path("source").asText())
        .isEqualTo("UNKNOWN_ITEM");
    assertThat(get(server, "item?id=" + BACKWARDS).path("item").path("title").asText())
        .isEqualTo("gnp.exe \u05E9\u05DC\u05D5\u05DD");
    assertThat(get(server, "item?id=abc").path("error").asText())
        .isEqualTo("id must be a whole number, was \"abc\"");
    assertThat(get(server, "feed?user=5").path("error").asText())
        .isEqualTo("the explorer has no feed of user 5; choose another");
    assertThat(get(server, "feed?user=10072&by=gone/7").path("error").asText())
        .contains("no model is live by that name");
  }

  @Test
  void findsItemsByWordsOfTheirTitlesAndByNumber() throws Exception {
    Server server = start(Map.of());

    assertThat(texts(get(server, "items?q=%E5%9B%B4%E5%B7%BE").path("items"), "id"))
        .containsExactly("" + CHINESE);
    assertThat(texts(get(server, "items?q=" + STRANGER).path("items"), "id"))
        .containsExactly("" + STRANGER);
    assertThat(get(server, "items").path("items")).hasSize(ITEMS + 1);
    assertThat(get(server, "items?from=39").path("items")).hasSize(2);
    assertThat(get(server, "items?from=99").path("error").asText())
        .contains("from must be in [0, 41]");
  }

  @Test
  void anItemThatIsPutUpIsInTheNextFeedWithItsPicture() throws Exception {
    Server server = start(Map.of());
    byte[] picture = png();
    ObjectNode item =
        item(STRANGER + 1, "New").put("image", Base64.getEncoder().encodeToString(picture));

    assertThat(put(server, item, "application/json").statusCode()).isEqualTo(200);

    JsonNode ranking = get(server, "feed?user=10072&added=" + (STRANGER + 1)).path("ranking");
    assertThat(ranking).hasSize(14);
    List<JsonNode> marked = new ArrayList<>();
    for (JsonNode each : ranking) {
      if (each.path("added").asBoolean()) {
        marked.add(each);
      }
    }
    assertThat(marked).hasSize(1);
    JsonNode added = marked.getFirst();
    assertThat(added.path("source").asText()).isEqualTo("ENCODED");
    String path = added.path("item").path("picture").asText();
    assertThat(send(server, path, HttpRequest.newBuilder()).body()).isEqualTo(picture);
    assertThat(text(put(server, item, "application/json")))
        .contains("there is an item " + (STRANGER + 1) + " already");
    assertThat(put(server, item.put("replace", true), "application/json").statusCode())
        .isEqualTo(200);
    assertThat(text(put(server, item(SCRIPT, "Taken"), "application/json"))).contains("already");
    assertThat(text(put(server, item(1, ""), "application/json")))
        .contains("title and image are both empty");
    assertThat(text(put(server, item(1, "x").put("image", "%"), "application/json")))
        .contains("not in Base64");
    assertThat(text(put(server, item(1, "x").put("image", "PHN2Zz4="), "application/json")))
        .contains("neither a JPEG nor a PNG");
  }

  @Test
  void nobodyWritesWithoutTheRightAndNobodyLooksWithoutTheRightToAdminister() throws Exception {
    Path tokens = folder.resolve("tokens");
    Files.write(
        tokens,
        List.of(
            TokenFile.line("feed", Set.of(Right.SCORE, Right.WRITE), "one"),
            TokenFile.line("reader", Set.of(Right.ADMINISTER), "two"),
            TokenFile.line("editor", Set.of(Right.ADMINISTER, Right.WRITE), "three")));
    Server server = start(Map.of("access.tokens", tokens.toString()));
    ObjectNode item = item(STRANGER + 2, "New");

    for (String path :
        List.of("/explore", "/explore/explore.js", "/explore/state", "/explore/picture?id=11")) {
      assertThat(send(server, path, HttpRequest.newBuilder()).statusCode()).isEqualTo(401);
      assertThat(send(server, path, bearer("one")).statusCode()).isEqualTo(403);
      assertThat(send(server, path, bearer("two")).statusCode()).isEqualTo(200);
    }
    assertThat(put(server, item, "application/json").statusCode()).isEqualTo(401);
    assertThat(put(server, item, "application/json", "authorization", "Bearer one").statusCode())
        .isEqualTo(403);
    HttpResponse<byte[]> reader =
        put(server, item, "application/json", "authorization", "Bearer two");
    assertThat(reader.statusCode()).isEqualTo(403);
    assertThat(text(reader)).isEqualTo("reader lacks the right write\n");
    assertThat(text(send(server, "/explore/state", bearer("two")))).contains("\"mayWrite\":false");
    assertThat(text(send(server, "/explore/state", bearer("three")))).contains("\"mayWrite\":true");
    assertThat(put(server, item, "application/json", "authorization", "Bearer three").statusCode())
        .isEqualTo(200);
  }

  private static HttpRequest.Builder bearer(String token) {
    return HttpRequest.newBuilder().header("authorization", "Bearer " + token);
  }

  @Test
  void aPageOfAnotherSiteCanNeitherWriteNorPassForThisOne() throws Exception {
    Server server = start(Map.of());
    ObjectNode item = item(STRANGER + 3, "New");

    assertThat(put(server, item, "text/plain").statusCode()).isEqualTo(403);
    assertThat(put(server, item, "application/x-www-form-urlencoded").statusCode()).isEqualTo(403);
    assertThat(put(server, item, "application/json", "origin", "http://evil.example").statusCode())
        .isEqualTo(403);
    assertThat(put(server, item, "application/json", "origin", "null").statusCode()).isEqualTo(403);
    assertThat(put(server, item, "application/json", "sec-fetch-site", "cross-site").statusCode())
        .isEqualTo(403);
    assertThat(send(server, "/explore/put?id=1&title=x", HttpRequest.newBuilder()).statusCode())
        .isEqualTo(405);
    assertThat(raw(server, "evil.example")).startsWith("HTTP/1.1 403");
    assertThat(raw(server, "127.0.0.1.evil.example:80")).startsWith("HTTP/1.1 403");
    for (String own :
        List.of("localhost", "LOCALHOST:8501", "127.0.0.1:8501", "[::1]:8501", "savior:8501")) {
      assertThat(raw(server, own)).startsWith("HTTP/1.1 200");
    }
    assertThat(
            put(
                    server,
                    item,
                    "application/json",
                    "origin",
                    "http://127.0.0.1:" + server.adminPort())
                .statusCode())
        .isEqualTo(200);
  }

  private static String raw(Server server, String host) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.adminPort())) {
      socket.setSoTimeout(20_000);
      String request = "GET /explore/state HTTP/1.1\r\nhost: " + host + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void onlyPicturesOfTheDataSetAreSentAndOnlyAsWhatTheirBytesAre() throws Exception {
    Server server = start(Map.of());

    for (long none : new long[] {SVG, HTML, OUTSIDE, LINKED, 5}) {
      assertThat(send(server, "/explore/picture?id=" + none, HttpRequest.newBuilder()).statusCode())
          .isEqualTo(404);
    }
    HttpResponse<byte[]> polyglot =
        send(server, "/explore/picture?id=" + POLYGLOT, HttpRequest.newBuilder());
    assertThat(polyglot.headers().firstValue("content-type")).contains("image/jpeg");
    assertThat(polyglot.headers().firstValue("x-content-type-options")).contains("nosniff");
    assertThat(polyglot.headers().firstValue("content-security-policy").orElse(""))
        .startsWith("default-src 'none'; sandbox");
    assertThat(polyglot.headers().firstValue("cross-origin-resource-policy"))
        .contains("same-origin");
    HttpResponse<byte[]> page = send(server, "/explore", HttpRequest.newBuilder());
    assertThat(page.headers().firstValue("content-security-policy").orElse(""))
        .contains("default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'")
        .doesNotContain("unsafe");
  }

  @Test
  void tooLargeAPictureIsRefusedBeforeItIsRead() throws Exception {
    Server server = start(Map.of("items.maxImageBytes", "1000", "items.maxTextChars", "100"));
    byte[] large = new byte[100_000];

    HttpResponse<byte[]> refused =
        put(
            server,
            item(STRANGER + 4, "x").put("image", Base64.getEncoder().encodeToString(large)),
            "application/json");

    assertThat(refused.statusCode()).isEqualTo(413);
  }

  @Test
  void aFolderWithoutTheExplorersFileIsSaidBeforeAnythingIsLoaded() {
    assertThatThrownBy(
            () ->
                Server.start(
                    folder.resolve("models"),
                    TestConfigs.small(Map.of("admin.explore", folder.toString())),
                    new Server.Parts(
                        _ -> new InMemoryItemStore(),
                        (_, _) -> {
                          throw new AssertionError("a model is loaded");
                        })))
        .isInstanceOf(BundleException.class)
        .hasMessage(
            "admin.explore: %s has no explorer.safetensors; make it with savior explore DATA"
                .formatted(folder));
  }
}
