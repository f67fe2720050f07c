package io.saviorrec.trainer.check;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.saviorrec.content.ContentException;
import io.saviorrec.content.ImagePreprocessor;
import io.saviorrec.trainer.console.Interruption;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// What the pictures and titles of a catalogue are like, from as many of them as can be looked at
/// in a minute or two.
///
/// @param pictures that were decoded, evenly drawn from all
/// @param unreadable those of them that cannot be
/// @param firstUnreadable what is wrong with the first; empty: nothing
/// @param repeated pictures that are the same as an earlier one's
/// @param scripts titles by the script that most of their letters are in, the most common first
/// @param wordlessTitles titles without a letter or digit
public record ContentSurvey(
    int pictures,
    int unreadable,
    @JsonProperty("first_unreadable") String firstUnreadable,
    int repeated,
    Map<String, Integer> scripts,
    @JsonProperty("wordless_titles") int wordlessTitles) {

  private static final int MOST_PICTURES = 20_000;
  private static final int CHUNK = 256;

  /// The side is of no matter: whether a picture can be read does not depend on it.
  private static final int SIDE = 16;

  private static final String NO_SCRIPT = "none";

  /// Looks at the catalogue, with a bar for the pictures.
  public static ContentSurvey of(ItemCatalogue items) {
    int[] pictured = IntStream.range(0, items.size()).filter(i -> items.image(i) != null).toArray();
    int stride = Math.max(1, (pictured.length + MOST_PICTURES - 1) / MOST_PICTURES);
    int[] chosen =
        IntStream.range(0, pictured.length)
            .filter(i -> i % stride == 0)
            .map(i -> pictured[i])
            .toArray();
    String[] faults = new String[chosen.length];
    int[] hashes = new int[chosen.length];
    if (chosen.length > 0) {
      look(items, chosen, faults, hashes);
    }
    List<String> found = Arrays.stream(faults).filter(fault -> !fault.isEmpty()).toList();
    Map<String, Integer> scripts = scripts(items);
    int wordless = scripts.getOrDefault(NO_SCRIPT, 0);
    scripts.remove(NO_SCRIPT);
    return new ContentSurvey(
        chosen.length,
        found.size(),
        found.isEmpty() ? "" : found.getFirst(),
        chosen.length - (int) Arrays.stream(hashes).distinct().count(),
        scripts,
        wordless);
  }

  private static void look(ItemCatalogue items, int[] chosen, String[] faults, int[] hashes) {
    ImagePreprocessor images = new ImagePreprocessor(SIDE);
    try (Progress progress = Progress.start("looking at pictures", chosen.length)) {
      for (int from = 0; from < chosen.length; from += CHUNK) {
        Interruption.check();
        int to = Math.min(chosen.length, from + CHUNK);
        IntStream.range(from, to)
            .parallel()
            .forEach(
                i -> {
                  faults[i] = "";
                  try {
                    byte[] image = items.content(chosen[i]).image();
                    hashes[i] = Arrays.hashCode(image);
                    images.pixels(image);
                  } catch (ContentException | UserError e) {
                    faults[i] = "item " + items.itemId(chosen[i]) + ": " + e.getMessage();
                  }
                });
        progress.advance(to - from, Double.NaN);
      }
    }
  }

  /// Titles by script, the most common first; empty ones are left out.
  private static Map<String, Integer> scripts(ItemCatalogue items) {
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < items.size(); i++) {
      if (!items.title(i).isBlank()) {
        counts.merge(script(items.title(i)), 1, Integer::sum);
      }
    }
    Map<String, Integer> sorted = new LinkedHashMap<>();
    counts.entrySet().stream()
        .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
        .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
    return sorted;
  }

  /// The script of most letters; digits count as Latin where there are no letters.
  private static String script(String title) {
    Map<Character.UnicodeScript, Integer> letters = new HashMap<>();
    title
        .codePoints()
        .filter(Character::isLetter)
        .forEach(c -> letters.merge(Character.UnicodeScript.of(c), 1, Integer::sum));
    return letters.entrySet().stream()
        .max(
            Map.Entry.<Character.UnicodeScript, Integer>comparingByValue()
                .thenComparing(Map.Entry.comparingByKey()))
        .map(entry -> name(entry.getKey()))
        .orElseGet(() -> title.chars().anyMatch(Character::isDigit) ? "Latin" : NO_SCRIPT);
  }

  private static String name(Character.UnicodeScript script) {
    String name = script.name();
    return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
