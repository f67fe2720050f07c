package io.saviorrec.server.explore;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.explorer.ExplorerFile;
import io.saviorrec.server.access.Right;
import io.saviorrec.server.admin.Page;
import io.saviorrec.server.admin.Section;
import io.saviorrec.server.admin.ServerStatus;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.LiveModels;
import io.saviorrec.server.registry.ModelHandle;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.request.FatalErrors;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.scoring.AsideScoring;
import io.saviorrec.server.states.KnownBatch;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.StoreException;
import io.saviorrec.server.upsert.ItemIntake;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The explorer: feeds as the models rank them, items and what is like them, new items, and the
/// models that are live. A page of HTML that is always the same, and JSON for it.
public final class ExplorerSection implements Section, AutoCloseable {
  static final String ROOT = "/explore";

  private static final Logger log = LoggerFactory.getLogger(ExplorerSection.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /// Its own script and style and nothing else, no text that becomes a script, and no page around
  /// it.
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
          + " require-trusted-types-for 'script'; trusted-types 'none'";

  /// Of pictures and JSON, which are no pages, whatever is in them.
  private static final String NOTHING = "default-src 'none'; sandbox; frame-ancestors 'none'";

  private static final Map<String, String> FILES =
      Map.of(
          "", "explore.html",
          "explore.css", "explore.css",
          "explore.js", "explore.js",
          "icon.svg", "icon.svg");
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");

  private static final int LISTED_USERS = 30;
  private static final int LISTED_ITEMS = 48;
  private static final int NEIGHBOURS = 12;

  /// The parts of a server that serves.
  ///
  /// @param feeds ranks
  /// @param items shows items
  /// @param pictures has their pictures
  /// @param entry takes new ones
  public record Parts(Feeds feeds, ShownItems items, Pictures pictures, ItemEntry entry) {}

  /// What the page asks first.
  ///
  /// @param by the version that ranks unless another is chosen
  /// @param other what it is held against
  record State(
      String dataSet,
      int items,
      int users,
      List<ServerStatus.ModelStatus> models,
      String by,
      String other,
      boolean mayWrite,
      String freeId,
      int maxImageBytes,
      int maxTextChars) {}

  /// A user to choose.
  record UserEntry(String id, int clicks, int candidates) {}

  /// An item and what is like it.
  record ItemPage(
      ShownItems.Card item,
      String by,
      String source,
      List<Integer> codes,
      Map<String, Float> stats,
      List<NearItem> nearest,
      List<SharedCodes> sharing) {}

  record NearItem(ShownItems.Card item, float similarity) {}

  record SharedCodes(int codes, int count, List<ShownItems.Card> items) {}

  private final ExplorerFile file;
  private final ServerConfig config;
  private final Supplier<ServerStatus> status;
  private final Supplier<LiveModels> live;
  private final Supplier<Parts> parts;
  private final ItemEntry.Bounds bounds;
  private final Map<String, Page> files = new LinkedHashMap<>();

  private ExplorerSection(
      ExplorerFile file,
      ServerConfig config,
      Supplier<ServerStatus> status,
      Supplier<LiveModels> live,
      Supplier<Parts> parts) {
    this.file = file;
    this.config = config;
    this.bounds =
        new ItemEntry.Bounds(config.items().maxImageBytes(), config.items().maxTextChars());
    this.status = status;
    this.live = live;
    this.parts = parts;
    FILES.forEach((path, name) -> files.put(path, resource(name)));
  }

  /// Opens the explorer's file of a folder.
  ///
  /// @param status what the server says of itself
  /// @param live what is live; fails with UNAVAILABLE while the server starts, as `parts` does
  /// @param parts what [#parts] made
  /// @throws BundleException when there is none, or it cannot be used
  public static ExplorerSection open(
      Path folder,
      ServerConfig config,
      Supplier<ServerStatus> status,
      Supplier<LiveModels> live,
      Supplier<Parts> parts) {
    if (!Files.isRegularFile(folder.resolve(ExplorerFile.NAME))) {
      throw new BundleException(
          "admin.explore: %s has no %s; make it with savior explore DATA"
              .formatted(folder, ExplorerFile.NAME));
    }
    return new ExplorerSection(ExplorerFile.open(folder), config, status, live, parts);
  }

  /// The parts that need what a server has loaded.
  public Parts parts(Registry registry, AsideScoring scoring, ItemIntake intake, ItemStore store) {
    ShownItems items = new ShownItems(file, store);
    return new Parts(
        new Feeds(file, registry, scoring, items, config.scoring().maxCandidates()),
        items,
        new Pictures(file, store, config.items().maxImageBytes()),
        new ItemEntry(intake, registry, store));
  }

  private static Page resource(String name) {
    try (InputStream in = ExplorerSection.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks " + name);
      }
      String type = String.valueOf(TYPES.get(name.substring(name.lastIndexOf('.') + 1)));
      return new Page(200, type, in.readAllBytes(), POLICY, false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String root() {
    return ROOT;
  }

  @Override
  public boolean isChange(String path) {
    return path.equals("put");
  }

  @Override
  public int mostBytes() {
    return bounds.mostBytes();
  }

  @Override
  public Page answer(Asked asked) {
    try {
      Page whole = files.get(asked.path());
      if (whole != null) {
        return whole;
      }
      return switch (asked.path()) {
        case "state" -> json(state(asked));
        case "users" -> json(users(asked.query().getOrDefault("q", "")));
        case "feed" -> json(feed(asked.query()));
        case "why" ->
            json(
                parts
                    .get()
                    .feeds()
                    .why(number(asked.query(), "user"), by(asked.query()), added(asked.query())));
        case "items" -> json(items(asked.query()));
        case "item" -> json(item(asked.query()));
        case "picture" -> picture(number(asked.query(), "id"));
        case "put" -> json(parts.get().entry().put(asked));
        default -> error(404, "there is no such page");
      };
    } catch (RequestException e) {
      return error(status(e), String.valueOf(e.getMessage()));
    } catch (StoreException | BundleException e) {
      return error(503, ErrorText.limit(String.valueOf(e.getMessage())));
    } catch (RuntimeException | JsonProcessingException | InternalError e) {
      FatalErrors.endIfFatal(e);
      log.error("cannot make the explorer's page {}", ErrorText.quote(asked.path()), e);
      return error(500, "this cannot be shown; the server's log says why");
    }
  }

  private static int status(RequestException e) {
    return switch (e.code()) {
      case INVALID_ARGUMENT -> 400;
      case NOT_FOUND -> 404;
      case PERMISSION_DENIED -> 403;
      case RESOURCE_EXHAUSTED, UNAVAILABLE, CANCELLED -> 503;
      case DEADLINE_EXCEEDED -> 504;
      case INTERNAL -> 500;
    };
  }

  private static Page error(int status, String line) {
    try {
      return new Page(
          status,
          "application/json",
          JSON.writeValueAsBytes(Map.of("error", line)),
          NOTHING,
          false);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a text can always be written", e);
    }
  }

  private static Page json(Object record) throws JsonProcessingException {
    return new Page(200, "application/json", JSON.writeValueAsBytes(record), NOTHING, false);
  }

  private State state(Asked asked) {
    LiveModels now = live.get();
    String by = standard(now);
    return new State(
        file.dataSet(),
        file.items(),
        file.users(),
        status.get().versions().live(),
        by,
        against(now, by),
        asked.caller().may(Right.WRITE),
        Long.toString(parts.get().items().freeId()),
        bounds.imageBytes(),
        bounds.textChars());
  }

  /// What answers by default, unless that is the model without content and another is there.
  private static String standard(LiveModels now) {
    LiveModel usual = now.find(now.router().standard().model(), now.router().standard().version());
    return (isBase(usual)
            ? now.all().reversed().stream().filter(each -> !isBase(each)).findFirst().orElse(usual)
            : usual)
        .toString();
  }

  private static String against(LiveModels now, String by) {
    return now.all().reversed().stream()
        .filter(each -> isBase(each) && !each.toString().equals(by))
        .findFirst()
        .map(LiveModel::toString)
        .orElse(Feeds.PCTR_BASE);
  }

  private static boolean isBase(LiveModel model) {
    return model.variant().equals("base");
  }

  private List<UserEntry> users(String idBegin) {
    List<UserEntry> found = new ArrayList<>();
    for (int row = 0; row < file.users() && found.size() < LISTED_USERS; row++) {
      if (Long.toString(file.userId(row)).startsWith(idBegin.strip())) {
        ExplorerFile.Feed feed = file.feed(row);
        found.add(
            new UserEntry(
                Long.toString(feed.userId()),
                feed.request().getUser().getHistoryCount(),
                feed.request().getCandidatesCount()));
      }
    }
    return found;
  }

  private Feeds.Feed feed(Map<String, String> query) {
    return parts
        .get()
        .feeds()
        .rank(
            number(query, "user"),
            by(query),
            query.getOrDefault("other", Feeds.PCTR_BASE),
            added(query));
  }

  private ShownItems.Cards items(Map<String, String> query) {
    String from = query.getOrDefault("from", "");
    long row = from.isEmpty() ? 0 : number(query, "from");
    if (row < 0 || row > file.items()) {
      throw RequestException.invalid("from must be in [0, " + file.items() + "]");
    }
    return parts.get().items().search(query.getOrDefault("q", ""), (int) row, LISTED_ITEMS);
  }

  private ItemPage item(Map<String, String> query) {
    long id = number(query, "id");
    Parts now = parts.get();
    try (ModelHandle handle = now.feeds().hold(by(query))) {
      LiveModel model = handle.model();
      KnownBatch known = model.items().find(new long[] {id});
      boolean isKnown = known.known(0);
      Neighbours.Found like =
          isKnown
              ? Neighbours.of(model, id, known.items(), NEIGHBOURS)
              : new Neighbours.Found(List.of(), List.of());
      List<Long> named = new ArrayList<>();
      like.nearest().forEach(near -> named.add(near.itemId()));
      like.sharing().forEach(sharing -> named.addAll(sharing.itemIds()));
      ShownItems.Found cards = now.items().cards(named, model);
      Map<String, Float> stats = new LinkedHashMap<>();
      List<String> names = model.manifest().features().itemStats();
      for (int i = 0; isKnown && i < names.size(); i++) {
        stats.put(names.get(i), known.items().stats()[i]);
      }
      return new ItemPage(
          now.items().whole(id, model),
          model.toString(),
          known.sources()[0].name(),
          isKnown ? IntStream.of(known.items().codes()).boxed().toList() : List.of(),
          stats,
          like.nearest().stream()
              .map(near -> new NearItem(cards.of(near.itemId()), near.similarity()))
              .toList(),
          like.sharing().stream()
              .map(
                  sharing ->
                      new SharedCodes(
                          sharing.codes(),
                          sharing.count(),
                          sharing.itemIds().stream().map(cards::of).toList()))
              .toList());
    }
  }

  private Page picture(long id) {
    Pictures.Picture picture = parts.get().pictures().find(id);
    return picture == null
        ? error(404, "the item has no picture that can be shown")
        : new Page(200, picture.type(), picture.bytes(), NOTHING, true);
  }

  private String by(Map<String, String> query) {
    String by = query.get("by");
    return by == null ? standard(live.get()) : by;
  }

  private static @Nullable Long added(Map<String, String> query) {
    return query.getOrDefault("added", "").isEmpty() ? null : number(query, "added");
  }

  private static long number(Map<String, String> query, String name) {
    String value = query.getOrDefault(name, "");
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw RequestException.invalid(
          name + " must be a whole number, was " + ErrorText.quote(value));
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
