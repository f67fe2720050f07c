package io.saviorrec.trainer.cli;

import io.saviorrec.bundle.BundleSignature;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.Provenance;
import io.saviorrec.config.Settings;
import io.saviorrec.content.TextPart;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.trainer.fallback.FallbackCase;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// A manifest as lines for people.
record ManifestText(PrintWriter out) {

  void print(Manifest manifest, List<BundleSignature> signatures) {
    Manifest.Lineage lineage = manifest.lineage();
    Provenance provenance = manifest.provenance();
    out.printf(
        Locale.ROOT,
        "%s version %d (%s), made %s, format %d%n",
        manifest.model(),
        manifest.version(),
        manifest.variant(),
        manifest.createdAt(),
        manifest.formatVersion());
    line("command", "savior " + String.join(" ", provenance.command()));
    line("data", lineage.dataSet());
    line("data's SHA-256", provenance.dataSha());
    line("trained until", Instant.ofEpochSecond(lineage.trainedUntil()));
    line("seed", lineage.seed());
    line("threads", provenance.threads());
    line("parent", lineage.rankerParent() == null ? "none" : lineage.rankerParent());
    line(
        "signed by",
        signatures.isEmpty()
            ? "nobody"
            : signatures.stream()
                .map(BundleSignature::fingerprint)
                .collect(Collectors.joining(", ")));
    section("sizes");
    Manifest.Dims dims = manifest.dims();
    line("z", dims.zDim());
    line("codes", "%d levels of %d".formatted(dims.levels(), dims.codebookSize()));
    line("MBA width", dims.mbaDim());
    line("heads", dims.heads());
    line("history", dims.historyLength());
    line("item state", dims.stateWidth());
    line("picture", manifest.image().size());
    line("text", text(manifest.text()));
    line("taste profiles", manifest.taste() == null ? "none" : tastes(manifest.taste()));
    section("features");
    line("profile", columns(manifest.features().profile()));
    line("context", columns(manifest.features().context()));
    line("item", columns(manifest.features().item()));
    line("item statistics", String.join(", ", manifest.features().itemStats()));
    section("stages");
    lines(provenance.stages());
    section("versions");
    lines(provenance.versions());
    section("metrics");
    manifest.metrics().forEach((name, value) -> line(name, number(value)));
    section("shifts of items that are not known");
    for (FallbackCase each : FallbackCase.ALL) {
      line(each.label(), number(each.shift(manifest.fallback())));
    }
    section("files");
    lines(manifest.files());
    section("settings");
    Settings.yaml(provenance.settings()).lines().forEach(text -> out.println("  " + text));
  }

  private static String tastes(Manifest.Taste taste) {
    return String.format(
        Locale.ROOT,
        "of %,d users, each of %d numbers; half-life of %s impressions; from data %s until %s%s",
        taste.users(),
        taste.width(),
        taste.halfLife(),
        taste.dataSet(),
        Instant.ofEpochSecond(taste.until()),
        taste.parentVersion() == null ? "" : "; refreshed from version " + taste.parentVersion());
  }

  private static String columns(List<FeatureColumn> columns) {
    return columns.isEmpty()
        ? "none"
        : columns.stream()
            .map(
                column ->
                    column.name() + " (" + column.kind().name().toLowerCase(Locale.ROOT) + ")")
            .collect(Collectors.joining(", "));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  private void section(String name) {
    out.println(name);
  }

  private void lines(Map<String, String> values) {
    values.forEach(this::line);
  }

  private void line(String name, Object value) {
    out.printf(Locale.ROOT, "  %-28s %s%n", name, value);
  }

  private static String text(Manifest.TextSpec text) {
    return "%d tokens of %s"
        .formatted(
            text.maxTokens(),
            text.parts().stream().map(TextPart::toString).collect(Collectors.joining(", ")));
  }
}
