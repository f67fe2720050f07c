package io.saviorrec.trainer.data;

import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.trainer.cli.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A data set: items, impressions and optional user profiles in one folder, as `docs/DATA.md`
/// describes it, read by an embedded DuckDB.
public final class DataSet implements AutoCloseable {
  private final Database database;
  private final Description description;
  private final Cuts cuts;
  private final ItemCatalogue items;
  private final ImpressionLog log;
  private final FeatureSchema schema;
  private final ItemStatistics statistics;
  private final List<Reject> rejects;

  private DataSet(Database database, Path folder) {
    this.database = database;
    Rejects collector = new Rejects(database);
    this.description = Description.read(folder);
    List<ItemReader.Item> rows = new ItemReader(database, folder, collector).read();
    ImpressionReader reader = ImpressionReader.load(database, folder, collector);
    this.cuts = description.cuts(database);
    this.schema = reader.schema(cuts.validationFrom());
    this.log = reader.log(schema);
    this.statistics = ItemStatistics.read(database, rows.size());
    long[] firstImpression = new long[rows.size()];
    for (int i = 0; i < firstImpression.length; i++) {
      firstImpression[i] = statistics.firstImpression(i);
    }
    this.items = new ItemCatalogue(rows, firstImpression);
    this.rejects = collector.list();
  }

  /// Reads and checks the whole data set.
  ///
  /// @throws UserError if a file is missing or malformed, or if nothing in it can be used
  public static DataSet open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new UserError(folder + ": no such folder");
    }
    Database database = Database.open();
    try {
      return new DataSet(database, folder.toAbsolutePath().normalize());
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /// Its name in `dataset.json`, by default that of its folder.
  public String name() {
    return description.name();
  }

  public Cuts cuts() {
    return cuts;
  }

  public ItemCatalogue items() {
    return items;
  }

  public ImpressionLog log() {
    return log;
  }

  /// Feature columns, sized by the training period alone.
  public FeatureSchema schema() {
    return schema;
  }

  public ItemStatistics statistics() {
    return statistics;
  }

  /// The rows that could not be used, by reason; items that lost their image are among them.
  public List<Reject> rejects() {
    return rejects;
  }

  /// Items that the same users click close together, from clicks strictly before the given second.
  public CoClicks coClicks(long until, CoClickConfig config) {
    return new CoClickMiner(database, config).mine(until);
  }

  Database database() {
    return database;
  }

  @Override
  public void close() {
    database.close();
  }
}
