package io.saviorrec.trainer.synth;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.data.table.DataSetFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// One generated world: its items, its users as they are at the end, and the log of their clicks.
record World(
    WorldSize size, RandomStreams streams, Catalogue items, Population users, ClickLog log) {

  static World generate(WorldSize size, long seed) {
    RandomStreams streams = new RandomStreams(seed);
    Catalogue items = new Catalogue(size.items(), streams);
    Population users = new Population(size.users(), streams);
    Simulation simulation = new Simulation(size, items, users, streams);
    try (Progress progress = Progress.start("days", SynthPreset.DAYS)) {
      for (int day = 0; day < SynthPreset.DAYS; day++) {
        simulation.runDay(day);
        progress.step(Double.NaN);
      }
    }
    return new World(size, streams, items, users, simulation.log());
  }

  /// Writes the data set into a folder that exists; its description comes last. Words and pictures
  /// are the assortment's, all else is the same for both.
  ///
  /// @param pctrBase whether the log tells what the shop's present ranker predicts
  void write(Path folder, Assortment assortment, boolean pctrBase) throws IOException {
    DataSetWriter writer = new DataSetWriter(folder, assortment, items, streams);
    writer.writeTables(users, log, pctrBase);
    writer.writeImages();
    Map<String, Object> description = new LinkedHashMap<>();
    description.put(
        DataSetFormat.NAME,
        "synthetic-"
            + (assortment == Assortment.SHOP ? "" : assortment.label() + "-")
            + size.name());
    description.put(DataSetFormat.WARMUP_UNTIL, SynthPreset.warmupUntil());
    description.put(DataSetFormat.VALIDATION_FROM, SynthPreset.validationFrom());
    description.put(DataSetFormat.TEST_FROM, SynthPreset.testFrom());
    Files.writeString(
        folder.resolve(DataSetFormat.DESCRIPTION),
        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(description) + "\n");
  }

  SynthReport report() {
    return SynthReport.of(size, streams.seed(), items, users.size, log);
  }
}
