package io.saviorrec.trainer.export;

import io.saviorrec.bundle.ItemTable;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/// Scores requests with an exported `ranker.pt` the way a server does: item states in the module's
/// table, the user once, candidates by slot. Row r of the item table has slot r + 1; slot 0 is the
/// unknown item.
public final class ArchiveScorer {
  private static final int ROWS_PER_CALL = 4096;

  private final ScriptModule ranker;
  private final ItemTable items;
  private final FeatureEncoder profile;
  private final FeatureEncoder context;
  private final int historyLength;

  /// Fills the module's table from the item table.
  ///
  /// @param codebookSize K, the padding code
  public ArchiveScorer(
      ScriptModule ranker,
      ItemTable items,
      FeatureSchema features,
      int historyLength,
      int codebookSize) {
    this.ranker = ranker;
    this.items = items;
    this.profile = new FeatureEncoder(features.profile());
    this.context = new FeatureEncoder(features.context());
    this.historyLength = historyLength;
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      ranker.callTensor("resize_items", Tensors.longs(new long[] {items.size() + 1L}, 1));
      putUnknown(codebookSize);
      for (int row = 0; row < items.size(); row += ROWS_PER_CALL) {
        put(row, Math.min(items.size(), row + ROWS_PER_CALL));
      }
    }
  }

  private void putUnknown(int codebookSize) {
    long[] codes = new long[items.levels()];
    Arrays.fill(codes, codebookSize);
    putStates(
        new long[] {0},
        new long[] {Long.MIN_VALUE},
        new float[items.statCount()],
        new float[items.zDim()],
        codes);
  }

  private void put(int from, int until) {
    int rows = until - from;
    long[] slots = new long[rows];
    long[] ids = new long[rows];
    float[] stats = new float[rows * items.statCount()];
    float[] z = new float[rows * items.zDim()];
    int[] rowCodes = new int[items.levels()];
    long[] codes = new long[rows * items.levels()];
    for (int i = 0; i < rows; i++) {
      int row = from + i;
      slots[i] = row + 1L;
      ids[i] = items.itemId(row);
      items.stats(row, stats, i * items.statCount());
      items.z(row, z, i * items.zDim());
      items.codes(row, rowCodes, 0);
      for (int level = 0; level < rowCodes.length; level++) {
        codes[i * rowCodes.length + level] = rowCodes[level];
      }
    }
    putStates(slots, ids, stats, z, codes);
  }

  private void putStates(long[] slots, long[] ids, float[] stats, float[] z, long[] codes) {
    int rows = slots.length;
    Tensor states =
        ranker.callTensor(
            "item_state",
            Tensors.longs(ids, rows),
            Tensors.floats(stats, rows, items.statCount()),
            Tensors.floats(z, rows, items.zDim()),
            Tensors.longs(codes, rows, items.levels()));
    ranker.callTensor("put_items", Tensors.longs(slots, rows), states);
  }

  /// The slot of an item, 0 when the item table lacks it.
  private long slot(long itemId) {
    return items.find(itemId) + 1L;
  }

  /// Click probabilities of the request's candidates. The history is cut to the most recent clicks;
  /// those of them that the table lacks are left out.
  public float[] score(ScoreRequest request) {
    List<Long> clicks = request.getUser().getHistoryList();
    long[] history =
        clicks.subList(Math.max(0, clicks.size() - historyLength), clicks.size()).stream()
            .mapToLong(this::slot)
            .filter(slot -> slot > 0)
            .toArray();
    boolean[] mask = new boolean[Math.max(1, history.length)];
    Arrays.fill(mask, history.length > 0);
    long[] profileIndex = profile.encode(request.getUser().getProfileMap());
    long[] contextIndex = context.encode(request.getContextMap());
    List<Candidate> candidates = request.getCandidatesList();
    long[] slots = candidates.stream().mapToLong(c -> slot(c.getItemId())).toArray();
    float[] pctrBase = new float[slots.length];
    for (int c = 0; c < slots.length; c++) {
      Candidate candidate = candidates.get(c);
      pctrBase[c] = candidate.hasPctrBase() ? (float) candidate.getPctrBase() : Float.NaN;
    }
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      List<Tensor> state =
          ranker.callTensors(
              "user_state",
              Tensors.longs(new long[] {request.getUser().getUserId()}, 1),
              Tensors.longs(profileIndex, 1, profileIndex.length),
              Tensors.longs(contextIndex, 1, contextIndex.length),
              Tensors.longs(history.length == 0 ? new long[1] : history, 1, mask.length),
              Tensors.booleans(mask, 1, mask.length));
      return Tensors.toFloats(
          ranker.callTensor(
              "score",
              state.get(0),
              state.get(1),
              Tensors.longs(slots, 1, slots.length),
              Tensors.floats(pctrBase, 1, pctrBase.length)));
    }
  }
}
