package io.saviorrec.trainer.data;

import io.saviorrec.bundle.FloatRows;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.console.Phases;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.log.CoClicks;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.log.StoredLog;
import io.saviorrec.trainer.data.log.TasteBuilder;
import io.saviorrec.trainer.data.log.TasteRule;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.data.log.TrainingInput;
import io.saviorrec.trainer.data.log.TrainingPeriod;
import io.saviorrec.trainer.data.prepare.CatalogueReader;
import io.saviorrec.trainer.data.prepare.CoClickConfig;
import io.saviorrec.trainer.data.prepare.CoClickMiner;
import io.saviorrec.trainer.data.prepare.DailyStatistics;
import io.saviorrec.trainer.data.prepare.FeatureSizing;
import io.saviorrec.trainer.data.prepare.LogDigest;
import io.saviorrec.trainer.data.prepare.LogSurvey;
import io.saviorrec.trainer.data.prepare.PageViewShards;
import io.saviorrec.trainer.data.prepare.PageViews;
import io.saviorrec.trainer.data.prepare.TasteResiduals;
import io.saviorrec.trainer.data.prepare.TimeSplit;
import io.saviorrec.trainer.data.prepare.TrueContent;
import io.saviorrec.trainer.data.prepare.TruthReference;
import io.saviorrec.trainer.data.table.CheckedImpressions;
import io.saviorrec.trainer.data.table.CheckedItems;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.DatabaseLimits;
import io.saviorrec.trainer.data.table.Description;
import io.saviorrec.trainer.data.table.FileFault;
import io.saviorrec.trainer.data.table.IdKind;
import io.saviorrec.trainer.data.table.Reject;
import io.saviorrec.trainer.data.table.RejectFile;
import io.saviorrec.trainer.data.table.Rejects;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A data set: items, impressions and optional user profiles in one folder, as `docs/DATA.md`
/// describes it, read by an embedded DuckDB.
public final class DataSet implements AutoCloseable {
  private final Database database;
  private final Path folder;
  private final Description description;
  private final CheckedImpressions impressions;
  private final PageViews pageViews;
  private final Cuts cuts;
  private final ItemCatalogue items;
  private final FeatureSchema schema;
  private final ItemStatistics statistics;
  private final List<Reject> rejects;

  /// The whole log, once somebody has asked for it.
  private @Nullable ImpressionLog log;

  private DataSet(
      Database database,
      Path folder,
      @Nullable FeatureSchema given,
      @Nullable RejectFile allRejects) {
    this.database = database;
    this.folder = folder;
    Rejects collector = new Rejects(database, allRejects);
    this.description = Description.read(folder);
    IdKind ids = description.ids();
    try (Phases phases = Phases.of("reading " + description.name())) {
      phases.enter("items");
      CheckedItems.load(database, folder, description, collector);
      phases.enter("impressions");
      this.impressions = CheckedImpressions.load(database, folder, ids, collector);
      this.cuts = TimeSplit.of(description, database);
      phases.enter("statistics of items");
      int size = Math.toIntExact(database.number("SELECT count(*) FROM items"));
      this.statistics = DailyStatistics.read(database, size);
      this.items = CatalogueReader.read(database, folder, description.textParts(), statistics);
      phases.enter("features");
      this.schema =
          given == null
              ? FeatureSizing.schema(database, impressions, items, cuts.validationFrom())
              : given;
      requireStatistics(schema);
      phases.enter("page views and histories");
      this.pageViews = new PageViews(database, impressions, schema);
    }
    this.rejects = collector.list();
  }

  private void requireStatistics(FeatureSchema model) {
    if (!model.itemStats().equals(FeatureSchema.ITEM_STATS)) {
      throw new UserError(
          folder
              + ": a data set gives the item statistics "
              + FeatureSchema.ITEM_STATS
              + " but the model asks for "
              + model.itemStats());
    }
  }

  /// Reads and checks the whole data set.
  ///
  /// @throws UserError if a file is missing or malformed, or if nothing in it can be used
  public static DataSet open(Path folder) {
    return open(folder, DatabaseLimits.ofMachine());
  }

  /// The same within these limits.
  public static DataSet open(Path folder, DatabaseLimits limits) {
    return openWith(folder, null, null, limits);
  }

  /// Reads and checks the whole data set within these limits and writes every row that cannot be
  /// used into a file.
  ///
  /// @throws UserError like [#open(Path)]; the file then has what was found up to there
  public static DataSet openListing(Path folder, Path rejectFile, DatabaseLimits limits) {
    try (RejectFile list = RejectFile.create(rejectFile)) {
      return openWith(folder, null, list, limits);
    }
  }

  /// Reads and checks the whole data set and encodes its features by the schema of a model.
  ///
  /// Columns meet by name: one that the data lacks is missing everywhere, one that the schema lacks
  /// is ignored.
  ///
  /// @throws UserError like [#open(Path)], and if a column holds text where the schema has numbers
  ///   or the reverse
  public static DataSet open(Path folder, FeatureSchema schema) {
    return open(folder, schema, DatabaseLimits.ofMachine());
  }

  /// The same within these limits.
  public static DataSet open(Path folder, FeatureSchema schema, DatabaseLimits limits) {
    return openWith(folder, schema, null, limits);
  }

  private static DataSet openWith(
      Path folder,
      @Nullable FeatureSchema schema,
      @Nullable RejectFile allRejects,
      DatabaseLimits limits) {
    FileFault.requireFolder(folder);
    Database database = Database.open(limits);
    try {
      return new DataSet(database, folder.toAbsolutePath().normalize(), schema, allRejects);
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

  /// The impressions, where they are stored.
  public StoredLog stored() {
    return pageViews;
  }

  /// All of them in memory, for looking at single page views of a log that is small enough.
  public ImpressionLog log() {
    if (log == null) {
      log = pageViews.read(0, Long.MAX_VALUE);
    }
    return log;
  }

  /// Writes the page views of the training period into a folder, in shards for a training to read.
  public void writeTrainingInput(Path folder) {
    writeTrainingInput(folder, PageViewShards.IMPRESSIONS_A_SHARD);
  }

  /// The same in shards of about so many impressions.
  public void writeTrainingInput(Path folder, int impressionsOfShard) {
    PageViewShards.write(
        pageViews, folder, cuts.warmupUntil(), cuts.validationFrom(), impressionsOfShard);
  }

  /// Opens what [#writeTrainingInput] has left in a folder, of this data and with these features.
  public TrainingInput trainingInput(Path folder) {
    return PageViewShards.open(pageViews, folder);
  }

  /// Training input in a folder that is removed with this.
  public TrainingInput trainingInput() {
    Path folder = database.folder().resolve("training");
    if (!Files.isDirectory(folder)) {
      writeTrainingInput(folder);
    }
    return trainingInput(folder);
  }

  /// The part of the training period from a second on, likewise.
  public TrainingInput trainingInputFrom(long from) {
    Path folder = database.folder().resolve("training-from-" + from);
    if (!Files.isDirectory(folder)) {
      PageViewShards.write(
          pageViews, folder, from, cuts.validationFrom(), PageViewShards.IMPRESSIONS_A_SHARD);
    }
    return trainingInput(folder);
  }

  /// What tells the log from others.
  public LogDigest logDigest() {
    return LogDigest.of(pageViews);
  }

  /// Impressions of each item strictly before the given second, by catalogue index.
  public long[] pageViewsBefore(long unixSeconds) {
    return DailyStatistics.pageViewsBefore(database, items.size(), unixSeconds);
  }

  /// Feature columns: those of the model that the data set was opened for, or its own, sized by the
  /// training period alone.
  public FeatureSchema schema() {
    return schema;
  }

  /// The request that a server would have got for a page view: the user with the `maxHistory` most
  /// recent clicks before it, its context, and the items that it showed.
  public ScoreRequest request(int page, int maxHistory) {
    return request(log(), page, maxHistory);
  }

  /// The same of a page view that was read from [#stored].
  public ScoreRequest request(ImpressionLog log, int page, int maxHistory) {
    long user = log.pageUser[page];
    ScoreRequest.Builder request = ScoreRequest.newBuilder();
    request.getUserBuilder().setUserId(user);
    long historyEnd = log.historyEnd[page];
    for (long c = Math.max(log.historyStart[page], historyEnd - maxHistory); c < historyEnd; c++) {
      request.getUserBuilder().addHistory(items.itemId(log.clickItem(c)));
    }
    pageViews.addFeatures(user, log.pageTime[page], request);
    for (int s = log.pageStart[page]; s < log.pageStart[page + 1]; s++) {
      Candidate.Builder candidate = request.addCandidatesBuilder();
      candidate.setItemId(items.itemId(log.sampleItem[s]));
      if (!Float.isNaN(log.pctrBase[s])) {
        candidate.setPctrBase(log.pctrBase[s]);
      }
    }
    return request.build();
  }

  /// What a training on this data cannot learn or measure, a sentence each.
  ///
  /// @throws UserError if nothing can be learned at all
  public List<String> checkTraining() {
    return new TrainingPeriod(folder, pageViews, cuts).check();
  }

  public ItemStatistics statistics() {
    return statistics;
  }

  /// The taste profiles of all users, who begin with nothing.
  ///
  /// @param z a row of an item each
  public Tastes tastes(FloatRows z, TasteRule rule) {
    return tastes(z, rule, 0, TasteBuilder.Start.NOTHING);
  }

  /// The taste profiles of users with impressions from a second on.
  ///
  /// @param z a row of an item each
  /// @param start what they are at that second
  public Tastes tastes(FloatRows z, TasteRule rule, long from, TasteBuilder.Start start) {
    TasteBuilder builder = new TasteBuilder(z, rule.halfLife(), start);
    return TasteResiduals.read(database, rule, from, builder);
  }

  /// The rows that could not be used, by reason; items that lost their image are among them.
  public List<Reject> rejects() {
    return rejects;
  }

  /// What is in the log and the items, counted and looked at for what should not be there.
  public LogSurvey survey() {
    return LogSurvey.of(pageViews, impressions, cuts);
  }

  /// Items that the same users click close together, from clicks strictly before the given second.
  public CoClicks coClicks(long until, CoClickConfig config) {
    return new CoClickMiner(database, config).mine(until);
  }

  /// The true click probability of each sample of [#log], if a generator left it beside the log.
  /// Only an evaluation may look at it.
  public Optional<float[]> truth() {
    return TruthReference.all(pageViews, folder);
  }

  /// The same of each sample that [#stored] gives of a period.
  public Optional<float[]> truth(long from, long until) {
    return TruthReference.sample(pageViews, folder, from, until);
  }

  /// What the content of each item truly shows, if a generator left it beside the log. Only an
  /// evaluation may look at it.
  public Optional<TrueContent> trueContent() {
    return TrueContent.read(database, folder, items.size());
  }

  @Override
  public void close() {
    pageViews.close();
    database.close();
  }
}
