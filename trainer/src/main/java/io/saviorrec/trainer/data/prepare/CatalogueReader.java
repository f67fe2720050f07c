package io.saviorrec.trainer.data.prepare;

import io.saviorrec.content.TextPart;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.table.Database;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Copies the checked items into a catalogue.
public final class CatalogueReader {
  private CatalogueReader() {}

  /// The items of the `items` table.
  ///
  /// @param folder where their images are
  /// @param textParts that an encoder reads
  public static ItemCatalogue read(
      Database database, Path folder, List<TextPart> textParts, ItemStatistics statistics) {
    List<ItemCatalogue.Item> items = new ArrayList<>();
    // Few in number, and each row brings its own copy.
    Map<String, String> categories = new HashMap<>();
    database.query(
        "SELECT item_id, title, category, text, image FROM items ORDER BY item",
        row ->
            items.add(
                new ItemCatalogue.Item(
                    row.getLong(1),
                    orEmpty(row.getString(2)),
                    categories.computeIfAbsent(orEmpty(row.getString(3)), name -> name),
                    orEmpty(row.getString(4)),
                    image(folder, row.getString(5)))));
    long[] firstImpression = new long[items.size()];
    for (int i = 0; i < firstImpression.length; i++) {
      firstImpression[i] = statistics.firstImpression(i);
    }
    return new ItemCatalogue(items, textParts, firstImpression);
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static @Nullable Path image(Path folder, @Nullable String image) {
    return image == null ? null : folder.resolve(image).normalize();
  }
}
