package io.saviorrec.server.explore;

import io.saviorrec.explorer.ExplorerFile;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.StoredItem;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a page shows of items: what was sent of them, else what the data set has, else what a
/// bundle has.
final class ShownItems {
  /// Longer titles are cut in lists.
  private static final int TITLE_CHARS = 200;

  /// Sent items that are listed and searched.
  private static final int MOST_SENT = 1000;

  private static final Pattern TURNING = Pattern.compile("[\\u202A-\\u202E\\u2066-\\u2069]");

  private static final long SEARCH_NANOS = TimeUnit.SECONDS.toNanos(2);

  /// An item in a list.
  ///
  /// @param id as text, because a page's numbers have fewer digits
  /// @param picture path of its picture; null: it has none
  /// @param sent whether it was sent since the training
  record Card(String id, String title, String category, @Nullable String picture, boolean sent) {}

  /// Part of a list.
  ///
  /// @param next what to ask on from; empty: this is the end
  /// @param searched of how many items of the data set it was found; fewer than there are when the
  ///   time was over
  record Cards(List<Card> items, String next, int searched) {}

  /// Items of a page by their ids.
  record Found(Map<Long, Card> byId) {
    /// One that was asked for.
    Card of(long id) {
      return Objects.requireNonNull(byId.get(id));
    }
  }

  private final ExplorerFile file;
  private final ItemStore store;

  ShownItems(ExplorerFile file, ItemStore store) {
    this.file = file;
    this.store = store;
  }

  /// By their ids; those that nobody knows have no title.
  ///
  /// @param model whose table is asked last
  Found cards(Collection<Long> ids, @Nullable LiveModel model) {
    Map<Long, Card> cards = new LinkedHashMap<>();
    long[] distinct = ids.stream().distinct().mapToLong(Long::longValue).toArray();
    List<@Nullable StoredItem> sent = store.items(distinct);
    for (int i = 0; i < distinct.length; i++) {
      cards.put(distinct[i], card(distinct[i], sent.get(i), model, TITLE_CHARS));
    }
    return new Found(cards);
  }

  /// One with its whole title.
  Card whole(long id, @Nullable LiveModel model) {
    return card(id, store.items(new long[] {id}).getFirst(), model, Integer.MAX_VALUE);
  }

  private Card card(long id, @Nullable StoredItem sent, @Nullable LiveModel model, int titleChars) {
    int row = file.find(id);
    boolean own = sent != null && sent.kind() == StoredItem.Kind.SENT;
    String title = "";
    String category = "";
    String picture = null;
    if (own && sent != null) {
      title = sent.title();
      category = sent.category();
      if (sent.imageBytes() > 0) {
        picture = path(id, Long.toHexString(sent.contentHash()));
      }
    } else if (row >= 0) {
      title = file.title(row);
      category = file.category(row);
    } else if (model != null) {
      title = model.items().title(id);
    }
    if (picture == null && row >= 0 && !file.picture(row).isEmpty()) {
      picture = path(id, "data");
    }
    return new Card(
        Long.toString(id), cut(title, titleChars), cut(category, titleChars), picture, own);
  }

  /// @param version of its content, so that a reader's cache tells one from another
  private static String path(long id, String version) {
    return ExplorerSection.ROOT + "/picture?id=" + id + "&v=" + version;
  }

  /// Without the marks that turn the direction of what follows them, by which a text can be made to
  /// look like another. What direction its letters have, a browser sees by itself.
  private static String cut(String whole, int chars) {
    String text = TURNING.matcher(whole).replaceAll("");
    if (text.length() <= chars) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(chars - 1)) ? chars - 1 : chars;
    return text.substring(0, end) + "…";
  }

  /// Items whose title has these words, or whose id begins so: sent ones first, then the data set's
  /// in its order.
  ///
  /// @param words empty: all
  /// @param from row of the data set to go on at; 0 begins with what was sent
  Cards search(String words, int from, int most) {
    String wanted = words.strip().toLowerCase(Locale.ROOT);
    List<Card> found = new ArrayList<>();
    Set<String> there = new HashSet<>();
    if (from == 0) {
      for (StoredItem item : store.page(null, MOST_SENT)) {
        if (item.kind() == StoredItem.Kind.SENT
            && matches(wanted, item.itemId(), item.title())
            && found.size() < most / 2) {
          found.add(card(item.itemId(), item, null, TITLE_CHARS));
          there.add(Long.toString(item.itemId()));
        }
      }
    }
    long end = System.nanoTime() + SEARCH_NANOS;
    int row = from;
    List<Long> rest = new ArrayList<>();
    while (row < file.items()
        && found.size() + rest.size() < most
        && (row % 1024 != 0 || System.nanoTime() < end || row == from)) {
      long id = file.itemId(row);
      if (!there.contains(Long.toString(id))
          && (wanted.isEmpty() || matches(wanted, id, file.title(row)))) {
        rest.add(id);
      }
      row++;
    }
    found.addAll(cards(rest, null).byId().values());
    return new Cards(found, row < file.items() ? Integer.toString(row) : "", row);
  }

  private static boolean matches(String wanted, long id, String title) {
    return wanted.isEmpty()
        || Long.toString(id).startsWith(wanted)
        || title.toLowerCase(Locale.ROOT).contains(wanted);
  }

  /// An id that no item has yet that the explorer knows of.
  long freeId() {
    long last = file.items() == 0 ? 0 : file.itemId(file.items() - 1);
    long free = last > Long.MAX_VALUE - 2L * MOST_SENT ? 1 : Math.max(1, last + 1);
    for (int tried = 0; tried < MOST_SENT; tried++) {
      if (file.find(free) < 0 && store.items(new long[] {free}).getFirst() == null) {
        return free;
      }
      free++;
    }
    return free;
  }
}
