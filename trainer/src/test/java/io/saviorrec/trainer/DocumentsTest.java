package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.train.Preset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The README and `docs/` say nothing that the repository does not have.
class DocumentsTest {
  private static final Path ROOT = root();
  private static final Pattern LINK = Pattern.compile("]\\(([^)#\\s]+)(?:#[^)]*)?\\)");
  private static final Pattern CLASS = Pattern.compile("`([A-Z][a-z][A-Za-z]*[A-Za-z])`");
  private static final Pattern DECLARED =
      Pattern.compile("^\\s*(?:message|service|rpc|enum) (\\w+)", Pattern.MULTILINE);
  private static final Pattern SETTING =
      Pattern.compile(
          "^\\| `([A-Za-z]+\\.[A-Za-z.]+)` \\|[^|\\n]*\\| ([^|\\n]+) \\|", Pattern.MULTILINE);

  @Test
  void everyRelativeLinkLeadsSomewhere() throws IOException {
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path document : documents()) {
      Matcher link = LINK.matcher(Files.readString(document));
      while (link.find()) {
        String target = link.group(1);
        if (target.contains("://")) {
          continue;
        }
        links++;
        if (!Files.exists(document.resolveSibling(target))) {
          broken.add(ROOT.relativize(document) + ": " + target);
        }
      }
    }
    assertThat(links).isGreaterThan(10);
    assertThat(broken).isEmpty();
  }

  @Test
  void everyClassThatADocumentNamesExists() throws IOException {
    Set<String> known = sources();
    List<String> missing = new ArrayList<>();
    int named = 0;
    for (String document : List.of("docs/ARCHITECTURE.md", "docs/TRAINING.md")) {
      Matcher name = CLASS.matcher(Files.readString(ROOT.resolve(document)));
      while (name.find()) {
        named++;
        if (!known.contains(name.group(1))) {
          missing.add(document + ": " + name.group(1));
        }
      }
    }
    assertThat(named).isGreaterThan(50);
    assertThat(missing).isEmpty();
  }

  @Test
  void everyTrainingSettingIsDocumentedWithItsDefault() throws IOException {
    Map<String, String> documented = new TreeMap<>();
    Matcher row = SETTING.matcher(Files.readString(ROOT.resolve("docs/TRAINING.md")));
    while (row.find()) {
      documented.put(row.group(1), plain(row.group(2)));
    }
    assertThat(documented).containsExactlyEntriesOf(settings());
  }

  @Test
  void everyJvmFlagIsDocumentedWithItsReason() throws IOException {
    String document = Files.readString(ROOT.resolve("docs/CONFIG.md"));
    for (String program : List.of("server", "trainer", "loadtest")) {
      Path file = ROOT.resolve(program + "/src/main/dist/conf/" + program + ".jvm");
      List<String> lines = Files.readAllLines(file);
      for (int i = 1; i < lines.size(); i++) {
        if (lines.get(i).startsWith("-")) {
          assertThat(document)
              .contains("| `%s` | %s |".formatted(lines.get(i), lines.get(i - 1).substring(2)));
        }
      }
    }
  }

  private static Map<String, String> settings() {
    Map<String, String> values = new TreeMap<>();
    flatten("", Settings.tree(Preset.SMALL.config()), values);
    return values;
  }

  private static void flatten(String key, JsonNode node, Map<String, String> values) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              entry ->
                  flatten(
                      key.isEmpty() ? entry.getKey() : key + "." + entry.getKey(),
                      entry.getValue(),
                      values));
    } else {
      values.put(key, plain(node.asText()));
    }
  }

  /// One spelling for a number, however it is written; choices in lower case.
  private static String plain(String value) {
    String text = value.strip().toLowerCase(Locale.ROOT);
    try {
      return Double.toString(Double.parseDouble(text));
    } catch (NumberFormatException _) {
      return text;
    }
  }

  private static List<Path> documents() throws IOException {
    List<Path> documents =
        new ArrayList<>(
            List.of(ROOT.resolve("README.md"), ROOT.resolve("helm/saviorrec/README.md")));
    try (Stream<Path> files = Files.list(ROOT.resolve("docs"))) {
      files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
    }
    return documents;
  }

  /// Names of Java source files and of what the protocol declares.
  private static Set<String> sources() throws IOException {
    Set<String> names = new TreeSet<>();
    for (String module :
        List.of("proto", "client", "command", "loadtest", "model-loader", "server", "trainer")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          String name = String.valueOf(file.getFileName());
          if (name.endsWith(".java")) {
            names.add(name.substring(0, name.length() - ".java".length()));
          } else if (name.endsWith(".proto")) {
            DECLARED.matcher(Files.readString(file)).results().forEach(m -> names.add(m.group(1)));
          }
        }
      }
    }
    return names;
  }

  private static Path root() {
    @Nullable Path folder = Path.of("").toAbsolutePath();
    while (folder != null && !Files.exists(folder.resolve("savior"))) {
      folder = folder.getParent();
    }
    if (folder == null) {
      throw new IllegalStateException("the repository's root is not above the working folder");
    }
    return folder;
  }
}
