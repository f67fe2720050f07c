package io.saviorrec.trainer.data;

import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.console.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A data set: items, impressions and optional user profiles in one folder, as `docs/DATA.md`
/// describes it, read by an embedded DuckDB.
public final class DataSet implements AutoCloseable {
  private final Database database;
  private final Path folder;
  private final Description description;
  private final ImpressionReader reader;
  private final Cuts cuts;
  private final ItemCatalogue items;
  private final ImpressionLog log;
  private final FeatureSchema schema;
  private final ItemStatistics statistics;
  private final List<Reject> rejects;

  private DataSet(Database database, Path folder, @Nullable FeatureSchema given) {
    this.database = database;
    this.folder = folder;
    Rejects collector = new Rejects(database);
    this.description = Description.read(folder);
    List<ItemReader.Item> rows = new ItemReader(database, folder, collector).read();
    this.reader = ImpressionReader.load(database, folder, collector);
    this.cuts = description.cuts(database);
    this.schema = given == null ? reader.schema(cuts.validationFrom()) : given;
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
    return openWith(folder, null);
  }

  /// Reads and checks the whole data set and encodes its features by the schema of a model.
  ///
  /// Columns meet by name: one that the data lacks is missing everywhere, one that the schema lacks
  /// is ignored.
  ///
  /// @throws UserError like [#open(Path)], and if a column holds text where the schema has numbers
  ///   or the reverse
  public static DataSet open(Path folder, FeatureSchema schema) {
    return openWith(folder, schema);
  }

  private static DataSet openWith(Path folder, @Nullable FeatureSchema schema) {
    if (!Files.isDirectory(folder)) {
      throw new UserError(folder + ": no such folder");
    }
    Database database = Database.open();
    try {
      return new DataSet(database, folder.toAbsolutePath().normalize(), schema);
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

  /// Feature columns: those of the model that the data set was opened for, or its own, sized by the
  /// training period alone.
  public FeatureSchema schema() {
    return schema;
  }

  /// The request that a server would have got for a page view: the user with the `maxHistory` most
  /// recent clicks before it, its context, and the items that it showed.
  public ScoreRequest request(int page, int maxHistory) {
    long user = log.pageUser[page];
    ScoreRequest.Builder request = ScoreRequest.newBuilder();
    request.getUserBuilder().setUserId(user);
    int historyEnd = log.historyEnd[page];
    for (int c = Math.max(log.historyStart[page], historyEnd - maxHistory); c < historyEnd; c++) {
      request.getUserBuilder().addHistory(items.itemId(log.clickItem[c]));
    }
    reader.addFeatures(user, log.pageTime[page], request);
    for (int s = log.pageStart[page]; s < log.pageStart[page + 1]; s++) {
      Candidate.Builder candidate = request.addCandidatesBuilder();
      candidate.setItemId(items.itemId(log.sampleItem[s]));
      if (!Float.isNaN(log.pctrBase[s])) {
        candidate.setPctrBase(log.pctrBase[s]);
      }
    }
    return request.build();
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

  Path folder() {
    return folder;
  }

  Database database() {
    return database;
  }

  @Override
  public void close() {
    database.close();
  }
}
