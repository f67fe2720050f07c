package io.saviorrec.contract;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.feature.ItemColumns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What `ranker.pt` promises: its methods, the order and shapes of their tensors, and which item
/// stands for the unknown one.
///
/// B items, G requests, C candidates and n history items of each; P profile, X context, F item
/// columns, S statistics; D, L and E of the manifest.
///
/// | method | when | what |
/// |---|---|---|
/// | `resize_items(capacity i64[1])` | once | allocates the table of item states |
/// | `item_state(item_id i64[B], stats f32[B,S], features i64[B,F], z f32[B,D], codes i64[B,L])` → `f32[B,E]` | once an item | all that depends on the item alone |
/// | `put_items(slots i64[B], states f32[B,E])` | once an item | fills rows of the table |
/// | `user_state(user_id i64[G], profile i64[G,P], context i64[G,X], history_slots i64[G,n], history_mask bool[G,n])` → tensors, however many | once a request | all that depends on the request's user alone; only `score` knows what it means |
/// | `score(those tensors, slots i64[G,C], pctr_base f32[G,C])` → `f32[G,C]` | once a request | click probabilities; NaN in `pctr_base` is "absent" |
///
/// n is at least 1: an empty history is one item that the mask leaves out. Requests of a batch are
/// padded with the unknown slot to the longest of them.
public final class RankerContract {

  /// The slot that always holds an item of which nothing is known.
  public static final int UNKNOWN_SLOT = 0;

  /// The item id that stands for an item of which nothing is known.
  public static final long UNKNOWN_ITEM = Long.MIN_VALUE;

  private static final String RESIZE_ITEMS = "resize_items";
  private static final String ITEM_STATE = "item_state";
  private static final String PUT_ITEMS = "put_items";
  private static final String USER_STATE = "user_state";
  private static final String SCORE = "score";

  /// Every method that is called.
  public static final List<String> METHODS =
      List.of(RESIZE_ITEMS, ITEM_STATE, PUT_ITEMS, USER_STATE, SCORE);

  private final Manifest.Dims dims;
  private final int profileWidth;
  private final int contextWidth;
  private final int statCount;
  private final ItemColumns itemColumns;

  public RankerContract(Manifest.Dims dims, FeatureSchema features) {
    this.dims = dims;
    this.profileWidth = features.profile().size();
    this.contextWidth = features.context().size();
    this.statCount = features.itemStats().size();
    this.itemColumns = new ItemColumns(features.item());
  }

  public static RankerContract of(Manifest manifest) {
    return new RankerContract(manifest.dims(), manifest.features());
  }

  /// The padding code of a level: the code of an item that has none.
  public static int paddingCode(int codebookSize) {
    return codebookSize;
  }

  /// The item of which nothing is known.
  public ItemBatch unknownItem() {
    int[] codes = new int[dims.levels()];
    Arrays.fill(codes, paddingCode(dims.codebookSize()));
    return new ItemBatch(
        new long[] {UNKNOWN_ITEM},
        new float[statCount],
        itemColumns.missing(),
        new float[dims.zDim()],
        codes);
  }

  /// Makes the table of item states and puts the unknown item into its slot.
  ///
  /// @param capacity slots, [#UNKNOWN_SLOT] included
  public <T> void resizeItems(ArchiveSession<T> archive, int capacity) {
    archive.call(RESIZE_ITEMS, List.of(archive.longs(new long[] {capacity}, 1)));
    put(archive, new int[] {UNKNOWN_SLOT}, unknownItem());
  }

  /// Computes the states of items and puts them into slots.
  ///
  /// @param slots `[B]`, all different, none of them [#UNKNOWN_SLOT]
  public <T> void putItems(ArchiveSession<T> archive, int[] slots, ItemBatch items) {
    for (int slot : slots) {
      if (slot == UNKNOWN_SLOT) {
        throw new IllegalArgumentException("Slot 0 is kept for the unknown item");
      }
    }
    put(archive, slots, items);
  }

  private <T> void put(ArchiveSession<T> archive, int[] slots, ItemBatch items) {
    int batch = slots.length;
    requireLength("itemIds", items.itemIds().length, batch);
    requireLength("stats", items.stats().length, batch * statCount);
    requireLength("features", items.features().length, batch * itemColumns.width());
    requireLength("z", items.z().length, batch * dims.zDim());
    requireLength("codes", items.codes().length, batch * dims.levels());
    if (batch == 0) {
      return;
    }
    List<T> states =
        archive.call(
            ITEM_STATE,
            List.of(
                archive.longs(items.itemIds(), batch),
                archive.floats(items.stats(), batch, statCount),
                archive.longs(items.features(), batch, itemColumns.width()),
                archive.floats(items.z(), batch, dims.zDim()),
                archive.longs(widen(items.codes()), batch, dims.levels())));
    requireShape(archive, ITEM_STATE, states, batch, dims.stateWidth());
    archive.call(PUT_ITEMS, List.of(archive.longs(widen(slots), batch), states.getFirst()));
  }

  /// The click probability of each candidate of each request.
  public <T> float[][] score(ArchiveSession<T> archive, ScoreBatch batch) {
    int requests = batch.size();
    int history = Math.max(1, batch.longestHistory());
    int candidates = batch.mostCandidates();
    if (history > dims.historyLength()) {
      throw new IllegalArgumentException(
          "A history must have at most %d items, had %d".formatted(dims.historyLength(), history));
    }
    long[] users = new long[requests];
    long[] profile = new long[requests * profileWidth];
    long[] context = new long[requests * contextWidth];
    long[] historySlots = new long[requests * history];
    boolean[] mask = new boolean[requests * history];
    long[] slots = new long[requests * candidates];
    float[] pctrBase = new float[requests * candidates];
    // Padding has the unknown slot already, which is 0.
    Arrays.fill(pctrBase, Float.NaN);
    for (int g = 0; g < requests; g++) {
      ScoreBatch.Request request = batch.requests().get(g);
      requireLength("profile", request.profile().length, profileWidth);
      requireLength("context", request.context().length, contextWidth);
      users[g] = request.userId();
      System.arraycopy(request.profile(), 0, profile, g * profileWidth, profileWidth);
      System.arraycopy(request.context(), 0, context, g * contextWidth, contextWidth);
      int clicks = request.historySlots().length;
      widen(request.historySlots(), historySlots, g * history);
      Arrays.fill(mask, g * history, g * history + clicks, true);
      widen(request.candidateSlots(), slots, g * candidates);
      System.arraycopy(request.pctrBase(), 0, pctrBase, g * candidates, request.pctrBase().length);
    }
    List<T> inputs =
        new ArrayList<>(
            archive.call(
                USER_STATE,
                List.of(
                    archive.longs(users, requests),
                    archive.longs(profile, requests, profileWidth),
                    archive.longs(context, requests, contextWidth),
                    archive.longs(historySlots, requests, history),
                    archive.booleans(mask, requests, history))));
    inputs.add(archive.longs(slots, requests, candidates));
    inputs.add(archive.floats(pctrBase, requests, candidates));
    List<T> scores = archive.call(SCORE, inputs);
    requireShape(archive, SCORE, scores, requests, candidates);
    return split(archive.toFloats(scores.getFirst()), batch, candidates);
  }

  /// Leaves the padding out.
  private static float[][] split(float[] padded, ScoreBatch batch, int width) {
    float[][] scores = new float[batch.size()][];
    for (int g = 0; g < scores.length; g++) {
      int count = batch.requests().get(g).candidateSlots().length;
      scores[g] = Arrays.copyOfRange(padded, g * width, g * width + count);
    }
    return scores;
  }

  private static long[] widen(int[] values) {
    long[] wide = new long[values.length];
    widen(values, wide, 0);
    return wide;
  }

  private static void widen(int[] values, long[] out, int at) {
    for (int i = 0; i < values.length; i++) {
      out[at + i] = values[i];
    }
  }

  private static void requireLength(String name, int actual, int expected) {
    if (actual != expected) {
      throw new IllegalArgumentException(
          "%s must have %d values but has %d".formatted(name, expected, actual));
    }
  }

  private static <T> void requireShape(
      ArchiveSession<T> archive, String method, List<T> results, long... shape) {
    if (results.size() != 1) {
      throw new IllegalStateException(
          "%s gave %d tensors instead of one".formatted(method, results.size()));
    }
    long[] actual = archive.shape(results.getFirst());
    if (!Arrays.equals(actual, shape)) {
      throw new IllegalStateException(
          "%s gave a tensor of shape %s instead of %s"
              .formatted(method, Arrays.toString(actual), Arrays.toString(shape)));
    }
  }
}
