package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Random;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// The ranker's inputs for a batch of page views: G pages, C candidates and n history items each,
/// padded.
///
/// @param user i64[G]
/// @param profile i64[G,P]
/// @param context i64[G,X]
/// @param history i64[G,n] row of each history item in [ItemFeatures]
/// @param historyStats f32[G,n,S]
/// @param historyMask bool[G,n]
/// @param candidates i64[G,C] row of each candidate
/// @param candidateStats f32[G,C,S]
/// @param pctrBase f32[G,C], NaN where absent
/// @param taste f32[G,W], the user's taste profile; W is 0 where it is no input
/// @param labels f32[G,C]
/// @param weights f32[G,C], 0 for padding
/// @param samples the candidates that are not padding
record PageBatch(
    Tensor user,
    Tensor profile,
    Tensor context,
    Tensor history,
    Tensor historyStats,
    Tensor historyMask,
    Tensor candidates,
    Tensor candidateStats,
    Tensor pctrBase,
    Tensor taste,
    Tensor labels,
    Tensor weights,
    int samples) {

  /// This batch without the pctr_base of a random share of its page views.
  PageBatch withoutBase(double share, Random random) {
    int pages = Math.toIntExact(pctrBase.size(0));
    float[] absent = new float[pages];
    for (int page = 0; page < pages; page++) {
      absent[page] = random.nextDouble() < share ? Float.NaN : 0;
    }
    return new PageBatch(
        user,
        profile,
        context,
        history,
        historyStats,
        historyMask,
        candidates,
        candidateStats,
        pctrBase.add(Tensors.floats(absent, pages, 1)),
        taste,
        labels,
        weights,
        samples);
  }

  /// This batch with or without statistics and base predictions of its candidates.
  PageBatch shown(boolean withStatistics, boolean withBase) {
    return new PageBatch(
        user,
        profile,
        context,
        history,
        historyStats,
        historyMask,
        candidates,
        withStatistics ? candidateStats : candidateStats.mul(new Scalar(0)),
        withBase ? pctrBase : pctrBase.mul(new Scalar(Double.NaN)),
        taste,
        labels,
        weights,
        samples);
  }

  /// The network's logits, f32[G,C].
  Tensor logits(ScriptModule ranker, ItemFeatures items, boolean train) {
    return logits(ranker, items, items, train);
  }

  /// The same with candidates that are other items than they are in the history.
  Tensor logits(
      ScriptModule ranker, ItemFeatures items, ItemFeatures candidateItems, boolean train) {
    return ranker.callTensor(
        "logits",
        user,
        profile,
        context,
        items.id(history),
        historyStats,
        items.columns(history),
        items.z(history),
        items.codes(history),
        historyMask,
        candidateItems.id(candidates),
        candidateStats,
        candidateItems.columns(candidates),
        candidateItems.z(candidates),
        candidateItems.codes(candidates),
        pctrBase,
        taste,
        train);
  }

  /// Click probabilities of the candidates that are not padding, page by page.
  float[] probabilities(Tensor logits) {
    float[] all = Tensors.toFloats(logits.sigmoid());
    float[] weight = Tensors.toFloats(weights);
    float[] kept = new float[samples];
    int at = 0;
    for (int i = 0; i < all.length; i++) {
      if (weight[i] > 0) {
        kept[at++] = all[i];
      }
    }
    return kept;
  }
}
