package io.saviorrec.server.scoring;

import io.saviorrec.contract.RequestNotes;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.Timings;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// An answer to a scoring request, its scores in arrays: what a `ScoreResponse` says.
///
/// @param bucket that picked the model; empty for none
/// @param label by which the version was chosen; empty when it was chosen otherwise
/// @param ranked for each score, which candidate of the request it is, the likeliest first; null:
///   all of them in the order of the request
/// @param packed whether the scores go out as packed numbers, without their items
/// @param itemKeys the texts by which candidates came; null: none did
/// @param sources the number of each score's `ScoreSource`
/// @param degraded what was left out; DEGRADATION_UNSPECIFIED when nothing was
/// @param notes what of the request was not used
public record ScoreAnswer(
    String requestId,
    String model,
    long version,
    String variant,
    String bucket,
    String label,
    int @Nullable [] ranked,
    boolean packed,
    long[] items,
    @Nullable String @Nullable [] itemKeys,
    float[] pctr,
    byte[] sources,
    int unknownHistoryItems,
    Micros times,
    Degradation degraded,
    RequestNotes notes) {

  /// Where a request's time went, in microseconds.
  public record Micros(long queue, long items, long model, long total) {}

  /// Which candidate of the request a score is of.
  public int place(int i) {
    return ranked == null ? i : ranked[i];
  }

  /// The text by which a candidate came; empty: by number.
  public String itemKey(int i) {
    @Nullable String key = itemKeys == null || i >= itemKeys.length ? null : itemKeys[i];
    return key == null ? "" : key;
  }

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
                    .setTotalUs(times.total))
            .setFutureClicks(notes.futureClicks())
            .addAllUnusedColumns(notes.unusedColumns());
    if (degraded != Degradation.DEGRADATION_UNSPECIFIED) {
      response.addDegraded(degraded);
    }
    for (int i = 0; i < pctr.length; i++) {
      if (packed) {
        response.addPctr(pctr[i]).addSourcesValue(sources[i]);
      } else {
        response.addScores(
            Score.newBuilder()
                .setItemId(items[i])
                .setItemKey(itemKey(i))
                .setPctr(pctr[i])
                .setSourceValue(sources[i]));
      }
    }
    if (ranked != null) {
      response.addAllRanked(Arrays.stream(ranked).boxed().toList());
    }
    return response.build();
  }
}
