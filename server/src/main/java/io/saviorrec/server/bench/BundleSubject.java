package io.saviorrec.server.bench;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.UserBatch;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.engine.BundleEngine;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.engine.Slots;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// The ranker of a bundle with every item's state in its table, so that a request costs what it
/// costs a server that has all states. Every request comes from another user with other clicks.
final class BundleSubject implements Subject {
  private static final int ROWS_PER_CALL = 1024;
  private static final int POOL = 64;
  private static final int[] NO_ITEMS = {};
  private static final float PCTR_BASE = 0.05f;

  private final ModelEngine engine;
  private final int items;
  private final boolean holdsHistory;
  private final long[] profile;
  private final long[] context;
  private final float[] taste;
  private Request[] pool = {};
  private long requests;

  /// @param history slots of clicked items
  /// @param candidates slots of the items to score
  @SuppressWarnings("ArrayRecordComponent")
  private record Request(int[] history, int[] candidates, float[] pctrBase) {}

  private BundleSubject(ModelEngine engine, Bundle bundle, int items) {
    this.engine = engine;
    this.items = items;
    this.holdsHistory = bundle.manifest().dims().stateHoldsHistory();
    this.profile = missing(bundle.manifest().features().profile());
    this.context = missing(bundle.manifest().features().context());
    this.taste = new float[bundle.manifest().tasteWidth()];
  }

  /// Loads it as a server with this configuration does.
  static BundleSubject open(Path folder, ServerConfig config) {
    Bundle bundle = Bundle.open(folder);
    try (ItemTable table = bundle.items()) {
      int size = table.size();
      ModelEngine engine =
          BundleEngine.load(
              bundle,
              BundleEngine.device(config.engine().device()),
              new Slots(size + 1, POOL + 1),
              BundleEngine.precision(config.engine().precision()));
      for (int row = 0; row < size; row += ROWS_PER_CALL) {
        int[] rows = IntStream.range(row, Math.min(size, row + ROWS_PER_CALL)).toArray();
        int[] slots = Arrays.stream(rows).map(each -> each + 1).toArray();
        engine.putItems(slots, table.batch(rows));
      }
      return new BundleSubject(engine, bundle, size);
    }
  }

  private static long[] missing(List<FeatureColumn> columns) {
    FeatureEncoder encoder = new FeatureEncoder(columns);
    return IntStream.range(0, columns.size()).mapToLong(encoder::missing).toArray();
  }

  @Override
  public void prepare(Shape shape) {
    SplittableRandom random = new SplittableRandom(requests);
    pool = new Request[POOL];
    float[] pctrBase = new float[shape.candidates()];
    Arrays.fill(pctrBase, PCTR_BASE);
    for (int i = 0; i < POOL; i++) {
      pool[i] =
          new Request(slots(random, shape.history()), slots(random, shape.candidates()), pctrBase);
    }
  }

  private int[] slots(SplittableRandom random, int count) {
    return random.ints(count, RankerContract.UNKNOWN_SLOT + 1, items + 1).toArray();
  }

  @Override
  public void score() {
    int at = (int) (requests % POOL);
    Request next = pool[at];
    int slot = RankerContract.NO_USER + 1 + at;
    requests++;
    int length = next.history.length;
    engine.putUsers(
        UserBatch.of(
            new UserBatch.User(
                slot,
                RankerContract.NO_USER,
                requests,
                profile,
                context,
                next.history,
                NO_ITEMS,
                length,
                taste)));
    int[] read = holdsHistory ? NO_ITEMS : next.history;
    engine.score(ScoreBatch.of(new ScoreBatch.Request(slot, read, next.candidates, next.pctrBase)));
  }

  @Override
  public void close() {
    engine.close();
  }
}
