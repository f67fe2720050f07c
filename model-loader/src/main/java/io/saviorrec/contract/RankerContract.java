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
/// B items; G requests with R candidates and N history items in all; P profile, X context, F item
/// columns, S statistics; D, L, E and U of the manifest.
///
/// | method | when | what |
/// |---|---|---|
/// | `prepare(precision i64[1])` | first | makes what scoring needs of the weights, in float32 (0) or bfloat16 (1) |
/// | `resize_items(capacity i64[1])`, `resize_users(capacity i64[1])` | once | allocate the tables of item and user states |
/// | `item_state(item_id i64[B], stats f32[B,S], features i64[B,F], z f32[B,D], codes i64[B,L])` → `f32[B,E]` | once an item | all that depends on the item alone |
/// | `put_items(slots i64[B], states f32[B,E])` | once an item | fills rows of the table of items |
/// | `put_users(changes i64[G,6+P+X], items i64[N])` | once a user | fills rows of the table of users with all that depends on the user alone; a row of `changes` is: slot, slot to start from, how many items are added and taken away, the length of the history, the user's id, profile, context; `items` are the slots of the items added and taken away, user by user |
/// | `put_users_and_tastes(changes, items, tastes f32[G,W])` | in place of `put_users`, where the manifest speaks of taste profiles | the same with W numbers of each user |
/// | `score(users i64[G,3], items i64[R+N], pctr_base f32[R])` → `f32[R]` | once a batch | click probabilities; `users` are a slot, how many candidates and how many history items; `items` the slots of all candidates and then of all history items; NaN in `pctr_base` is "absent" |
///
/// Nothing is padded: requests lie one behind the other. All but `item_state` and `score` return
/// one of their inputs.
public final class RankerContract {

  /// The slot that always holds an item of which nothing is known.
  public static final int UNKNOWN_SLOT = 0;

  /// The item id that stands for an item of which nothing is known.
  public static final long UNKNOWN_ITEM = Long.MIN_VALUE;

  /// The slot that stands for a user with an empty history, where a state starts from nothing.
  public static final int NO_USER = 0;

  private static final String PREPARE = "prepare";
  private static final String RESIZE_ITEMS = "resize_items";
  private static final String RESIZE_USERS = "resize_users";
  private static final String ITEM_STATE = "item_state";
  private static final String PUT_ITEMS = "put_items";
  private static final String PUT_USERS = "put_users";
  private static final String PUT_USERS_AND_TASTES = "put_users_and_tastes";
  private static final String SCORE = "score";

  /// Columns of `changes` before profile and context, and of `users`.
  private static final int CHANGES = 6;

  private static final int COUNTS = 3;

  private final Manifest.Dims dims;
  private final int profileWidth;
  private final int contextWidth;
  private final int statCount;
  private final ItemColumns itemColumns;
  private final int tasteWidth;

  /// The contract of a model that takes no taste profiles.
  public RankerContract(Manifest.Dims dims, FeatureSchema features) {
    this(dims, features, 0);
  }

  /// @param tasteWidth numbers of a user's taste profile; 0: the model takes none
  public RankerContract(Manifest.Dims dims, FeatureSchema features, int tasteWidth) {
    this.dims = dims;
    this.tasteWidth = tasteWidth;
    this.profileWidth = features.profile().size();
    this.contextWidth = features.context().size();
    this.statCount = features.itemStats().size();
    this.itemColumns = new ItemColumns(features.item());
  }

  public static RankerContract of(Manifest manifest) {
    return new RankerContract(manifest.dims(), manifest.features(), manifest.tasteWidth());
  }

  /// Every method that is called.
  public List<String> methods() {
    return List.of(PREPARE, RESIZE_ITEMS, RESIZE_USERS, ITEM_STATE, PUT_ITEMS, putUsers(), SCORE);
  }

  private String putUsers() {
    return tasteWidth == 0 ? PUT_USERS : PUT_USERS_AND_TASTES;
  }

  /// Numbers of a user's taste profile; 0: the model takes none.
  public int tasteWidth() {
    return tasteWidth;
  }

  /// The padding code of a level: the code of an item that has none.
  public static int paddingCode(int codebookSize) {
    return codebookSize;
  }

  /// Codes K of a level.
  int codebookSize() {
    return dims.codebookSize();
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

  /// Makes the archive ready to score; the tables are empty after it.
  public <T> void prepare(ArchiveSession<T> archive, Precision precision) {
    archive.call(PREPARE, List.of(archive.longs(new long[] {precision.number()}, 1)));
  }

  /// Makes the table of user states.
  ///
  /// @param capacity slots, [#NO_USER] included
  public <T> void resizeUsers(ArchiveSession<T> archive, int capacity) {
    archive.call(RESIZE_USERS, List.of(archive.longs(new long[] {capacity}, 1)));
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

  /// Computes the states of users and puts them into slots.
  public <T> void putUsers(ArchiveSession<T> archive, UserBatch batch) {
    int users = batch.size();
    int width = CHANGES + profileWidth + contextWidth;
    long[] changes = new long[users * width];
    long[] items = new long[batch.items()];
    float[] tastes = new float[users * tasteWidth];
    int at = 0;
    for (int g = 0; g < users; g++) {
      UserBatch.User user = batch.users().get(g);
      check(user);
      int row = g * width;
      changes[row] = user.slot();
      changes[row + 1] = user.previous();
      changes[row + 2] = user.added().length;
      changes[row + 3] = user.removed().length;
      changes[row + 4] = user.historyLength();
      changes[row + 5] = user.userId();
      System.arraycopy(user.profile(), 0, changes, row + CHANGES, profileWidth);
      System.arraycopy(user.context(), 0, changes, row + CHANGES + profileWidth, contextWidth);
      System.arraycopy(user.taste(), 0, tastes, g * tasteWidth, tasteWidth);
      at = widen(user.added(), items, at);
      at = widen(user.removed(), items, at);
    }
    List<T> inputs = new ArrayList<>();
    inputs.add(archive.longs(changes, users, width));
    inputs.add(archive.longs(items, items.length));
    if (tasteWidth > 0) {
      inputs.add(archive.floats(tastes, users, tasteWidth));
    }
    archive.call(putUsers(), inputs);
  }

  private void check(UserBatch.User user) {
    if (user.slot() == NO_USER) {
      throw new IllegalArgumentException("User slot 0 is kept for no user");
    }
    requireHistory(user.historyLength());
    requireLength("profile", user.profile().length, profileWidth);
    requireLength("context", user.context().length, contextWidth);
    requireLength("taste", user.taste().length, tasteWidth);
  }

  private void requireHistory(int length) {
    if (length > dims.historyLength()) {
      throw new IllegalArgumentException(
          "A history must have at most %d items, had %d".formatted(dims.historyLength(), length));
    }
  }

  /// The click probability of each candidate of each request.
  public <T> float[][] score(ArchiveSession<T> archive, ScoreBatch batch) {
    int requests = batch.size();
    int candidates = batch.candidates();
    long[] users = new long[requests * COUNTS];
    long[] items = new long[candidates + batch.historyItems()];
    float[] pctrBase = new float[candidates];
    int at = 0;
    int historyAt = candidates;
    for (int g = 0; g < requests; g++) {
      ScoreBatch.Request request = batch.requests().get(g);
      requireHistory(request.historySlots().length);
      users[g * COUNTS] = request.userSlot();
      users[g * COUNTS + 1] = request.candidateSlots().length;
      users[g * COUNTS + 2] = request.historySlots().length;
      System.arraycopy(request.pctrBase(), 0, pctrBase, at, request.pctrBase().length);
      at = widen(request.candidateSlots(), items, at);
      historyAt = widen(request.historySlots(), items, historyAt);
    }
    List<T> scores =
        archive.call(
            SCORE,
            List.of(
                archive.longs(users, requests, COUNTS),
                archive.longs(items, items.length),
                archive.floats(pctrBase, candidates)));
    requireShape(archive, SCORE, scores, candidates);
    float[][] each = split(archive.toFloats(scores.getFirst()), batch);
    for (int g = 0; g < requests; g++) {
      batch.requests().get(g).shift(each[g]);
    }
    return each;
  }

  private static float[][] split(float[] all, ScoreBatch batch) {
    if (batch.size() == 1) {
      return new float[][] {all};
    }
    float[][] scores = new float[batch.size()][];
    int at = 0;
    for (int g = 0; g < scores.length; g++) {
      int count = batch.requests().get(g).candidateSlots().length;
      scores[g] = Arrays.copyOfRange(all, at, at + count);
      at += count;
    }
    return scores;
  }

  private static long[] widen(int[] values) {
    long[] wide = new long[values.length];
    widen(values, wide, 0);
    return wide;
  }

  /// Where the next values go.
  private static int widen(int[] values, long[] out, int at) {
    for (int i = 0; i < values.length; i++) {
      out[at + i] = values[i];
    }
    return at + values.length;
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
