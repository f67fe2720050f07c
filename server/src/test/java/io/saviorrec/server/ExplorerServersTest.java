package io.saviorrec.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.contract.Precision;
import io.saviorrec.explorer.ExplorerFile;
import io.saviorrec.explorer.ExplorerFile.Feed;
import io.saviorrec.explorer.ExplorerFile.Item;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.engine.BundleEngine;
import io.saviorrec.server.engine.Slots;
import io.saviorrec.server.fakes.TinyRepository;
import io.saviorrec.server.store.InMemoryItemStore;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/// Servers with an explorer, of a model that libtorch runs and of a data set that wants to run
/// something in the reader's browser.
abstract class ExplorerServersTest {
  static final long FIRST = TinyRepository.FIRST_ITEM;
  static final int ITEMS = 40;
  static final long USER = 9_007_199_254_740_993L;
  static final long SCRIPT = FIRST;
  static final long HANDLER = FIRST + 1;
  static final long BACKWARDS = FIRST + 2;
  static final long LONG = FIRST + 3;
  static final long CHINESE = FIRST + 4;
  static final long SVG = FIRST + 5;
  static final long HTML = FIRST + 6;
  static final long POLYGLOT = FIRST + 7;
  static final long OUTSIDE = FIRST + 8;
  static final long LINKED = FIRST + 9;

  /// Never sent, and not in the bundle.
  static final long STRANGER = FIRST + ITEMS;

  private static final String RUN = "document.documentElement.dataset.ran='yes'";
  private static final Map<Long, String> TITLES =
      Map.of(
          SCRIPT,
          "<script>" + RUN + "</script>",
          HANDLER,
          "\"><img src=x onerror=\"" + RUN + "\">",
          BACKWARDS,
          "\u202Egnp.exe \u05E9\u05DC\u05D5\u05DD",
          LONG,
          "W".repeat(10_000),
          CHINESE,
          "\u7F8A\u6BDB\u56F4\u5DFE \u51AC\u5B63 \u65B0\u6B3E");

  @TempDir static Path folder;

  private @Nullable Server server;

  @BeforeAll
  static void writeBundleAndData() throws Exception {
    TinyRepository.write(folder.resolve("models"), 1, ITEMS);
    Path images = Files.createDirectories(folder.resolve("shop/images"));
    Files.write(folder.resolve("secret.png"), png());
    Files.write(images.resolve("good.png"), png());
    String svg =
        "<svg xmlns='http://www.w3.org/2000/svg' onload=\""
            + RUN
            + "\"><script>"
            + RUN
            + "</script></svg>";
    Files.writeString(images.resolve("svg.png"), svg);
    Files.writeString(images.resolve("page.jpg"), "<html><script>" + RUN + "</script></html>");
    ByteArrayOutputStream polyglot = new ByteArrayOutputStream();
    polyglot.writeBytes(
        new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF, '*', '/', '=', '1', ';'});
    polyglot.writeBytes((RUN + ";/*<script>" + RUN + "</script>").getBytes(StandardCharsets.UTF_8));
    Files.write(images.resolve("polyglot.jpg"), polyglot.toByteArray());
    Files.createSymbolicLink(images.resolve("link.png"), folder.resolve("secret.png"));
    ExplorerFile.write(
        folder.resolve("shop"),
        "shop",
        folder.resolve("shop").toRealPath(),
        ITEMS + 1,
        i -> item(FIRST + i),
        List.of(feed(USER), feed(10_072), feed(10_073)));
  }

  private static Item item(long id) {
    String picture =
        Map.of(
                SVG, "images/svg.png",
                HTML, "images/page.jpg",
                POLYGLOT, "images/polyglot.jpg",
                OUTSIDE, "../secret.png",
                LINKED, "images/link.png")
            .getOrDefault(id, "images/good.png");
    return new Item(id, TITLES.getOrDefault(id, "Scarf number " + id), "<b>scarf</b>", picture);
  }

  private static Feed feed(long user) {
    List<Long> shown =
        Stream.concat(IntStream.range(0, 12).mapToObj(i -> FIRST + i), Stream.of(STRANGER))
            .toList();
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder()
            .setUser(
                User.newBuilder()
                    .setUserId(user)
                    .putProfile("age", FeatureValue.newBuilder().setNumber(33).build())
                    .addAllHistory(List.of(FIRST + 20, FIRST + 21, FIRST + 22, FIRST + 21)))
            .putContext("hour", FeatureValue.newBuilder().setNumber(13).build());
    for (int i = 0; i < shown.size(); i++) {
      Candidate.Builder candidate = request.addCandidatesBuilder().setItemId(shown.get(i));
      if (i % 4 != 3) {
        candidate.setPctrBase(0.9 - 0.05 * i);
      }
    }
    return new Feed(
        user, 1_700_000_000, request.build(), shown.stream().map(id -> id == SVG).toList());
  }

  static byte[] png() throws IOException {
    BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    var graphics = image.createGraphics();
    graphics.setColor(new Color(60, 120, 200));
    graphics.fillRect(0, 0, 64, 64);
    graphics.dispose();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ImageIO.write(image, "png", file);
    return file.toByteArray();
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  final Server start(Map<String, String> settings) {
    Map<String, String> all = new TreeMap<>(settings);
    all.put("admin.explore", folder.resolve("shop").toString());
    all.put("scoring.maxCandidates", "30");
    all.putIfAbsent("items.maxTextChars", "10000");
    all.put("items.stateCapacity", "200");
    all.put("engine.queueCapacity", "64");
    Server started =
        Server.start(
            folder.resolve("models"),
            TestConfigs.small(all),
            new Server.Parts(
                _ -> new InMemoryItemStore(),
                (Bundle bundle, Slots slots) ->
                    BundleEngine.load(bundle, "cpu", slots, Precision.FP32)));
    server = started;
    return started;
  }

  static List<String> texts(Iterable<? extends JsonNode> nodes, String name) {
    List<String> texts = new ArrayList<>();
    nodes.forEach(node -> texts.add(node.path(name).asText()));
    return texts;
  }
}
