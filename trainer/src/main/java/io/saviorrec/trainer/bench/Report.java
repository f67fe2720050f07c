package io.saviorrec.trainer.bench;

import io.saviorrec.command.BuildVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeSet;

/// All that a benchmark measured, with the machine that it was measured on.
///
/// @param facts of machine and program, by what they are called
/// @param notes what could not be measured, and why
/// @param sections the parts, by their numbers
/// @param seconds that it took
public record Report(
    Map<String, String> facts, List<String> notes, List<Section> sections, double seconds) {
  /// What says which matrix products a processor has.
  private static final Set<String> INSTRUCTIONS =
      Set.of("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_tile");

  public Report {
    notes = List.copyOf(notes);
    sections = sections.stream().sorted(Comparator.comparingInt(Section::number)).toList();
  }

  static Map<String, String> facts(Effort effort) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("savior", BuildVersion.read().version());
    facts.put("effort", effort.name().toLowerCase(Locale.ROOT));
    facts.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
    facts.putAll(processor());
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("java", Runtime.version().toString());
    return facts;
  }

  private static Map<String, String> processor() {
    Map<String, String> facts = new LinkedHashMap<>();
    try {
      for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
        String value = line.substring(line.indexOf(':') + 1).strip();
        if (line.startsWith("model name")) {
          facts.putIfAbsent("processor", value);
        } else if (line.startsWith("flags") && !facts.containsKey("instructions")) {
          Set<String> flags = new TreeSet<>(List.of(value.split(" ")));
          flags.retainAll(INSTRUCTIONS);
          facts.put("instructions", String.join(" ", flags));
        }
      }
    } catch (IOException _) {
      // Another system keeps it elsewhere; the report then says less.
    }
    return facts;
  }

  private long targets(boolean metOnly) {
    return sections.stream().mapToLong(section -> section.targets(metOnly)).sum();
  }

  private String summary() {
    return String.format(
        Locale.ROOT,
        "%d of %d targets met; measured in %.0f s",
        targets(true),
        targets(false),
        seconds);
  }

  /// For a terminal.
  public List<String> text() {
    List<String> lines = new ArrayList<>();
    facts.forEach((name, value) -> lines.add("%-13s%s".formatted(name, value)));
    for (Section section : sections) {
      lines.add("");
      lines.addAll(section.text());
    }
    lines.add("");
    notes.forEach(note -> lines.add("Note: " + note));
    lines.add(summary());
    return lines;
  }

  /// For `docs/PERFORMANCE.md`.
  ///
  /// @param command the words of the command line
  public List<String> markdown(String command) {
    List<String> lines = new ArrayList<>();
    StringJoiner machine = new StringJoiner("; ", "", ".");
    facts.forEach((name, value) -> machine.add(name + " " + value));
    lines.add("`" + command + "`: " + summary() + ".");
    lines.add("");
    lines.add("Measured with: " + machine);
    for (String note : notes) {
      lines.add("");
      lines.add("Note: " + note + ".");
    }
    for (Section section : sections) {
      lines.add("");
      lines.addAll(section.markdown());
    }
    return lines;
  }

  /// As JSON has it.
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("machine", facts);
    fields.put("notes", notes);
    fields.put("parts", sections.stream().map(Section::fields).toList());
    fields.put("targets", targets(false));
    fields.put("targets_met", targets(true));
    fields.put("seconds", seconds);
    return fields;
  }
}
