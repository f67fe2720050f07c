package io.saviorrec.trainer.data.log;

import io.saviorrec.content.ItemContent;
import io.saviorrec.content.TextPart;
import io.saviorrec.feature.ItemColumns;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The items of a data set, numbered by ascending id.
public final class ItemCatalogue {
  private static final byte[] NO_IMAGE = {};

  private final List<Item> items;
  private final List<TextPart> textParts;
  private final long[] ids;
  private final long[] firstImpression;

  /// An item as its table has it; an absent text is empty.
  public record Item(long id, String title, String category, String text, @Nullable Path image) {}

  /// @param items by ascending id
  /// @param textParts of their words that an encoder reads
  /// @param firstImpression unix seconds, `Long.MAX_VALUE` for an item that was never shown
  public ItemCatalogue(List<Item> items, List<TextPart> textParts, long[] firstImpression) {
    this.items = List.copyOf(items);
    this.textParts = textParts;
    this.ids = items.stream().mapToLong(Item::id).toArray();
    this.firstImpression = firstImpression;
  }

  public int size() {
    return ids.length;
  }

  public long itemId(int index) {
    return ids[index];
  }

  /// The index of an item, or -1 if the catalogue does not have it.
  public int indexOf(long itemId) {
    int index = Arrays.binarySearch(ids, itemId);
    return index < 0 ? -1 : index;
  }

  public String title(int index) {
    return items.get(index).title();
  }

  public String category(int index) {
    return items.get(index).category();
  }

  /// All further text of the item; may be empty.
  public String text(int index) {
    return items.get(index).text();
  }

  /// The parts of an item's words that an encoder reads.
  public List<TextPart> textParts() {
    return textParts;
  }

  /// The words of the item that an encoder reads; may be empty.
  public String words(int index) {
    Item item = items.get(index);
    return new ItemContent(item.id(), item.title(), item.category(), item.text(), NO_IMAGE)
        .encoderText(textParts);
  }

  /// The item's image file, if it has one that can be read.
  public @Nullable Path image(int index) {
    return items.get(index).image();
  }

  /// Unix seconds of the item's first impression, `Long.MAX_VALUE` if it has none.
  public long firstImpression(int index) {
    return firstImpression[index];
  }

  /// The item's rows of its columns.
  public long[] columns(int index, ItemColumns encoder) {
    return encoder.encode(category(index), Map.of(), encoder.missing());
  }

  /// What the encoder sees of the item; reads the image file.
  public ItemContent content(int index) {
    Item item = items.get(index);
    Path image = item.image();
    try {
      byte[] bytes = image == null ? NO_IMAGE : Files.readAllBytes(image);
      return new ItemContent(item.id(), item.title(), item.category(), item.text(), bytes);
    } catch (IOException e) {
      throw new UserError(
          String.format(Locale.ROOT, "%s: the image of item %d cannot be read", image, item.id()),
          e);
    }
  }
}
