package io.saviorrec.trainer.export;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.contract.EncodedRequest;
import io.saviorrec.contract.Precision;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.RequestEncoder;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.SharedItems;
import io.saviorrec.contract.UserBatch;
import io.saviorrec.contract.UserTastes;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.ScriptSession;
import java.util.Arrays;
import java.util.stream.IntStream;

/// Scores requests with an exported `ranker.pt` the way a server does: item states in the module's
/// and user states in the module's tables, candidates by slot. Row r of the item table has the r-th
/// slot after the unknown item's; behind those are slots for the candidates of one request, which
/// are what it says of them.
public final class ArchiveScorer {
  private static final int ROWS_PER_CALL = 4096;
  private static final int FIRST_SLOT = RankerContract.UNKNOWN_SLOT + 1;

  /// Of one request; they have slots of their own, behind the table's.
  private static final int MOST_CANDIDATES = 1000;

  private static final int USER = RankerContract.NO_USER + 1;

  private final ScriptModule ranker;
  private final RankerContract contract;
  private final RequestEncoder requests;
  private final ItemTable items;
  private final SharedItems shared;
  private final Manifest.Fallback fallback;
  private final UserTastes tastes;

  /// Fills the module's table from the item table.
  public ArchiveScorer(
      ScriptModule ranker,
      RankerContract contract,
      RequestEncoder requests,
      ItemTable items,
      SharedItems shared,
      Manifest.Fallback fallback,
      UserTastes tastes) {
    this.ranker = ranker;
    this.contract = contract;
    this.requests = requests;
    this.items = items;
    this.shared = shared;
    this.fallback = fallback;
    this.tastes = tastes;
    try (ScriptSession session = new ScriptSession(ranker)) {
      contract.prepare(session, Precision.FP32);
      contract.resizeUsers(session, USER + 1);
      contract.resizeItems(session, items.size() + FIRST_SLOT + MOST_CANDIDATES);
    }
    for (int row = 0; row < items.size(); row += ROWS_PER_CALL) {
      put(row, Math.min(items.size(), row + ROWS_PER_CALL));
    }
  }

  /// Of an archive whose bundle has this manifest, which takes no taste profiles.
  public static ArchiveScorer of(ScriptModule ranker, Manifest manifest, ItemTable items) {
    return of(ranker, manifest, items, UserTastes.none());
  }

  /// Of an archive whose bundle has this manifest.
  ///
  /// @param tastes used for as long as there is something to score
  public static ArchiveScorer of(
      ScriptModule ranker, Manifest manifest, ItemTable items, UserTastes tastes) {
    RankerContract contract = RankerContract.of(manifest);
    return new ArchiveScorer(
        ranker,
        contract,
        RequestEncoder.of(manifest),
        items,
        SharedItems.of(items, contract, manifest.features()),
        manifest.fallback(),
        tastes);
  }

  private void put(int from, int until) {
    ItemBatch batch = items.batch(IntStream.range(from, until).toArray());
    int[] slots = IntStream.range(from, until).map(row -> row + FIRST_SLOT).toArray();
    try (ScriptSession session = new ScriptSession(ranker)) {
      contract.putItems(session, slots, batch);
    }
  }

  /// The slot of a history item: the unknown item's when the table lacks it.
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
    int count = encoded.candidates().length;
    if (count > MOST_CANDIDATES) {
      throw new IllegalArgumentException(
          "A request must have at most %d candidates, had %d".formatted(MOST_CANDIDATES, count));
    }
    int[] candidates = IntStream.range(0, count).map(i -> items.size() + FIRST_SLOT + i).toArray();
    ItemBatch batch = contract.unknownItem().room(count);
    float[] shifts = new float[count];
    for (int i = 0; i < count; i++) {
      boolean hasBase = !Float.isNaN(encoded.pctrBase()[i]);
      shifts[i] = (float) fallback.shift(shared.candidate(encoded, i, batch, i), hasBase);
    }
    try (ScriptSession session = new ScriptSession(ranker)) {
      contract.putItems(session, candidates, batch);
      contract.putUsers(
          session, UserBatch.of(UserBatch.User.of(USER, encoded, history, tastes.of(encoded))));
      ScoreBatch.Request scored =
          new ScoreBatch.Request(USER, history, candidates, encoded.pctrBase(), shifts);
      return contract.score(session, ScoreBatch.of(scored))[0];
    }
  }
}
