package io.saviorrec.trainer.ranker;

import io.saviorrec.contract.RankerContract;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// The ranker's inputs for a batch of page views, or of [Chunks] of them: G pages, C candidates of
/// the largest and R of all, n history items of the longest, U distinct ones by item and day, V by
/// item alone.
///
/// A history item that several pages share is described once for each day, and a candidate stands
/// alone; only where they stand, `history` and `grid`, is padded.
///
/// @param user i64[G]
/// @param profile i64[G,P]
/// @param context i64[G,X]
/// @param distinct i64[U] row in [ItemFeatures] of each distinct history item
/// @param distinctStats f32[U,S]
/// @param history i64[G,n] number of each history item among the distinct ones, U for padding
/// @param distinctItems i64[V] row of each history item, whatever the day
/// @param historyItems i64[G,n] number of each history item among these, V for padding
/// @param candidates i64[R] row of each candidate, page by page
/// @param candidateStats f32[R,S]
/// @param cold bool[R], candidates that are told without their ID
/// @param grid i64[G,C] number of each page's candidates, R for padding
/// @param place i64[R] where in the grid each candidate stands
/// @param pctrBase f32[R], NaN where absent
/// @param taste f32[G,W], the user's taste profile; W is 0 where it is no input
/// @param labels f32[R]
/// @param sizes candidates of each page
@SuppressWarnings("ArrayRecordComponent") // a plain column, never compared
record PageBatch(
    Tensor user,
    Tensor profile,
    Tensor context,
    Tensor distinct,
    Tensor distinctStats,
    Tensor history,
    Tensor distinctItems,
    Tensor historyItems,
    Tensor candidates,
    Tensor candidateStats,
    Tensor cold,
    Tensor grid,
    Tensor place,
    Tensor pctrBase,
    Tensor taste,
    Tensor labels,
    int[] sizes) {

  int samples() {
    return Math.toIntExact(labels.numel());
  }

  /// This batch without the pctr_base of a random share of its pages.
  PageBatch withoutBase(double share, RandomGenerator random) {
    float[] absent = new float[samples()];
    int at = 0;
    for (int size : sizes) {
      float shift = random.nextDouble() < share ? Float.NaN : 0;
      for (int i = 0; i < size; i++) {
        absent[at++] = shift;
      }
    }
    return with(candidateStats, cold, pctrBase.add(Tensors.floats(absent, absent.length)));
  }

  /// This batch with a random share of its candidates as if they had never been shown: without ID
  /// and statistics.
  PageBatch withCold(double share, RandomGenerator random) {
    if (share == 0) {
      return this;
    }
    boolean[] drawn = new boolean[samples()];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = random.nextDouble() < share;
    }
    Tensor some = Tensors.booleans(drawn, drawn.length);
    return with(candidateStats.masked_fill(some.unsqueeze(1), new Scalar(0)), some, pctrBase);
  }

  /// This batch with or without statistics and base predictions of its candidates.
  PageBatch shown(boolean withStatistics, boolean withBase) {
    return with(
        withStatistics ? candidateStats : candidateStats.mul(new Scalar(0)),
        cold,
        withBase ? pctrBase : pctrBase.mul(new Scalar(Double.NaN)));
  }

  private PageBatch with(Tensor candidateStats, Tensor cold, Tensor pctrBase) {
    return new PageBatch(
        user,
        profile,
        context,
        distinct,
        distinctStats,
        history,
        distinctItems,
        historyItems,
        candidates,
        candidateStats,
        cold,
        grid,
        place,
        pctrBase,
        taste,
        labels,
        sizes);
  }

  /// The network's logits, f32[R].
  Tensor logits(ScriptModule ranker, ItemFeatures items, boolean train) {
    return logits(ranker, items, items, train);
  }

  /// The same with candidates that are other items than they are in the history.
  Tensor logits(
      ScriptModule ranker, ItemFeatures items, ItemFeatures candidateItems, boolean train) {
    Tensor ids =
        candidateItems.id(candidates).masked_fill(cold, new Scalar(RankerContract.UNKNOWN_ITEM));
    return ranker.callTensor(
        "logits",
        user,
        profile,
        context,
        joined(items.id(distinct), ids),
        joined(distinctStats, candidateStats),
        joined(items.columns(distinct), candidateItems.columns(candidates)),
        joined(items.z(distinctItems), candidateItems.z(candidates)),
        joined(items.codes(distinctItems), candidateItems.codes(candidates)),
        history,
        historyItems,
        grid,
        place,
        pctrBase,
        taste,
        train);
  }

  /// The loss that the variant has beside that of the clicks, of the items of this batch.
  Tensor ownLoss(ScriptModule ranker, ItemFeatures items) {
    return ranker.callTensor("own_loss", joined(items.z(distinctItems), items.z(candidates)));
  }

  private static Tensor joined(Tensor ofHistory, Tensor ofCandidates) {
    return torch.cat(new TensorVector(ofHistory, ofCandidates), 0);
  }

  /// Click probabilities of the candidates, page by page.
  float[] probabilities(Tensor logits) {
    return Tensors.toFloats(logits.sigmoid());
  }
}
