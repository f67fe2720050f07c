package io.saviorrec.server.scoring;

import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.Timings;

/// An answer to a scoring request, its scores in arrays: what a `ScoreResponse` says.
///
/// @param bucket that picked the model; empty for none
/// @param label by which the version was chosen; empty when it was chosen otherwise
/// @param packed whether the scores go out as packed numbers, without their items
/// @param sources the number of each score's `ScoreSource`
/// @param degraded what was left out; DEGRADATION_UNSPECIFIED when nothing was
public record ScoreAnswer(
    String requestId,
    String model,
    long version,
    String variant,
    String bucket,
    String label,
    boolean packed,
    long[] items,
    float[] pctr,
    byte[] sources,
    int unknownHistoryItems,
    Micros times,
    Degradation degraded) {

  /// Where a request's time went, in microseconds.
  public record Micros(long queue, long items, long model, long total) {}

  /// The same as an object.
  public ScoreResponse toMessage() {
    ScoreResponse.Builder response =
        ScoreResponse.newBuilder()
            .setRequestId(requestId)
            .setModel(model)
            .setVersion(version)
            .setVariant(variant)
            .setBucket(bucket)
            .setLabel(label)
            .setUnknownHistoryItems(unknownHistoryItems)
            .setTimings(
                Timings.newBuilder()
                    .setQueueUs(times.queue)
                    .setItemsUs(times.items)
                    .setModelUs(times.model)
                    .setTotalUs(times.total));
    if (degraded != Degradation.DEGRADATION_UNSPECIFIED) {
      response.addDegraded(degraded);
    }
    for (int i = 0; i < pctr.length; i++) {
      if (packed) {
        response.addPctr(pctr[i]).addSourcesValue(sources[i]);
      } else {
        response.addScores(
            Score.newBuilder().setItemId(items[i]).setPctr(pctr[i]).setSourceValue(sources[i]));
      }
    }
    return response.build();
  }
}
