package io.saviorrec.trainer.export;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.contract.EncodedRequest;
import io.saviorrec.contract.Precision;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.RequestEncoder;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.UserBatch;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.ScriptSession;
import java.util.Arrays;
import java.util.stream.IntStream;

/// Scores requests with an exported `ranker.pt` the way a server does: item states in the module's
/// and user states in the module's tables, candidates by slot. Row r of the item table has the r-th
/// slot after the unknown item's.
public final class ArchiveScorer {
  private static final int ROWS_PER_CALL = 4096;
  private static final int FIRST_SLOT = RankerContract.UNKNOWN_SLOT + 1;
  private static final int USER = RankerContract.NO_USER + 1;

  private final ScriptModule ranker;
  private final RankerContract contract;
  private final RequestEncoder requests;
  private final ItemTable items;

  /// Fills the module's table from the item table.
  public ArchiveScorer(
      ScriptModule ranker, RankerContract contract, RequestEncoder requests, ItemTable items) {
    this.ranker = ranker;
    this.contract = contract;
    this.requests = requests;
    this.items = items;
    try (ScriptSession session = new ScriptSession(ranker)) {
      contract.prepare(session, Precision.FP32);
      contract.resizeUsers(session, USER + 1);
      contract.resizeItems(session, items.size() + FIRST_SLOT);
    }
    for (int row = 0; row < items.size(); row += ROWS_PER_CALL) {
      put(row, Math.min(items.size(), row + ROWS_PER_CALL));
    }
  }

  private void put(int from, int until) {
    ItemBatch batch = items.batch(IntStream.range(from, until).toArray());
    int[] slots = IntStream.range(from, until).map(row -> row + FIRST_SLOT).toArray();
    try (ScriptSession session = new ScriptSession(ranker)) {
      contract.putItems(session, slots, batch);
    }
  }

  /// The slot of an item: the unknown item's when the table lacks it.
  private int slot(long itemId) {
    int row = items.find(itemId);
    return row < 0 ? RankerContract.UNKNOWN_SLOT : row + FIRST_SLOT;
  }

  /// Click probabilities of the request's candidates. History items that the table lacks are left
  /// out.
  public float[] score(ScoreRequest request) {
    EncodedRequest encoded = requests.encode(request);
    int[] history =
        Arrays.stream(encoded.history())
            .mapToInt(this::slot)
            .filter(slot -> slot != RankerContract.UNKNOWN_SLOT)
            .toArray();
    int[] candidates = Arrays.stream(encoded.candidates()).mapToInt(this::slot).toArray();
    try (ScriptSession session = new ScriptSession(ranker)) {
      contract.putUsers(session, UserBatch.of(UserBatch.User.of(USER, encoded, history)));
      ScoreBatch.Request batch =
          new ScoreBatch.Request(USER, history, candidates, encoded.pctrBase());
      return contract.score(session, ScoreBatch.of(batch))[0];
    }
  }
}
