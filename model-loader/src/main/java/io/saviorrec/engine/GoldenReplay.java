package io.saviorrec.engine;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.content.ContentException;
import io.saviorrec.content.EncodedText;
import io.saviorrec.content.ImagePreprocessor;
import io.saviorrec.content.ItemContent;
import io.saviorrec.content.TextTokenizer;
import io.saviorrec.contract.EncodedRequest;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.RequestEncoder;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.SharedItems;
import io.saviorrec.contract.UserBatch;
import io.saviorrec.contract.UserTastes;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Golden;
import io.saviorrec.proto.v1.GoldenItem;
import io.saviorrec.proto.v1.GoldenScore;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Repeats what the trainer computed for known inputs and refuses a model that answers otherwise.
///
/// It stands between training and serving: features, image preprocessing, tokenizer, archives, item
/// table and engine must all agree for it to pass. It writes slots of the item table, so it runs
/// before the model has an owner for them.
public final class GoldenReplay {

  /// How far an encoder's output may be from the trainer's in any coordinate. Sums over thousands
  /// of float32 products differ by about 1e-6 between builds of libtorch.
  static final float Z_TOLERANCE = 1e-4f;

  /// How far a score may be from that of a user's state made anew where the state was grown: sums
  /// that clicks are added to and taken from are rounded otherwise.
  private static final double GROWN_TOLERANCE = 1e-4;

  /// Makes many candidates of the few that a golden request has.
  private static final int TIMES = 10;

  /// Of the table, that are scored.
  private static final int MOST_ITEMS = 1024;

  private static final int USER = RankerContract.NO_USER + 1;

  private final LoadedModel model;
  private final Bundle bundle;
  private final Manifest manifest;
  private final RankerContract contract;

  GoldenReplay(LoadedModel model, Bundle bundle) {
    this.model = model;
    this.bundle = bundle;
    this.manifest = bundle.manifest();
    this.contract = RankerContract.of(manifest);
  }

  /// Replays a bundle's golden file.
  ///
  /// @throws BundleException with the largest difference when it is above the tolerance, or when
  ///   there is nothing to replay
  public static void check(LoadedModel model, Bundle bundle) {
    check(
        model,
        bundle,
        problem -> {
          throw problem;
        });
  }

  /// Like [#check(LoadedModel, Bundle)], but goes on after what is wrong.
  static void check(LoadedModel model, Bundle bundle, Consumer<BundleException> problems) {
    GoldenReplay replay = new GoldenReplay(model, bundle);
    Golden golden = bundle.golden();
    if (golden.getScoresCount() == 0) {
      problems.accept(bundle.broken(Bundle.GOLDEN, "has no scores to verify the model by"));
    }
    replay.attempt(Bundle.ENCODER, () -> replay.checkItems(golden.getItemsList()), problems);
    if (golden.getScoresCount() > 0) {
      replay.attempt(Bundle.RANKER, () -> replay.checkScores(golden.getScoresList()), problems);
    }
    replay.attempt(Bundle.RANKER, replay::checkTable, problems);
  }

  /// @param file of the archive that the part runs
  private void attempt(String file, Runnable part, Consumer<BundleException> problems) {
    try {
      part.run();
    } catch (BundleException e) {
      problems.accept(e);
    } catch (FeatureException e) {
      problems.accept(
          bundle.broken(
              Bundle.GOLDEN, "has a request that cannot be scored: " + e.getMessage(), e));
    } catch (InferenceException | IllegalStateException e) {
      problems.accept(LoadedModel.contractBroken(bundle, file, String.valueOf(e.getMessage()), e));
    }
  }

  /// Scores items of the whole table, as many as are soon done, for a user without clicks.
  private void checkTable() {
    try (ItemTable table = bundle.items()) {
      int count = Math.min(MOST_ITEMS, Math.min(table.size(), model.itemCapacity() - USER));
      int[] slots = new int[count];
      int[] rows = new int[count];
      float[] base = new float[count];
      for (int i = 0; i < count; i++) {
        slots[i] = RankerContract.UNKNOWN_SLOT + 1 + i;
        rows[i] = (int) ((long) i * table.size() / count);
        base[i] = Float.NaN;
      }
      model.putItems(slots, table.batch(rows));
      EncodedRequest nobody = RequestEncoder.of(manifest).encode(ScoreRequest.getDefaultInstance());
      model.putUsers(
          UserBatch.of(
              UserBatch.User.of(USER, nobody, new int[0], new float[contract.tasteWidth()])));
      LoadedModel.requireProbabilities(
          model.score(ScoreBatch.of(new ScoreBatch.Request(USER, new int[0], slots, base)))[0]);
    }
  }

  private void checkItems(List<GoldenItem> items) {
    if (items.isEmpty()) {
      return;
    }
    ImagePreprocessor preprocessor = new ImagePreprocessor(manifest.image().size());
    try (TextTokenizer tokenizer = LoadedModel.tokenizer(bundle)) {
      float largest = 0;
      for (GoldenItem golden : items) {
        largest = Math.max(largest, difference(golden, preprocessor, tokenizer));
      }
      if (!(largest <= Z_TOLERANCE)) {
        throw bundle.broken(
            Bundle.ENCODER,
            "gives embeddings that differ from the trainer's by up to %.3g (allowed: %.3g)"
                .formatted(largest, Z_TOLERANCE));
      }
    } catch (ContentException e) {
      throw bundle.broken(Bundle.GOLDEN, "cannot be replayed: " + e.getMessage(), e);
    }
  }

  private float difference(
      GoldenItem golden, ImagePreprocessor preprocessor, TextTokenizer tokenizer) {
    Item item = golden.getItem();
    ItemContent content = ItemContent.of(item);
    EncodedText text = tokenizer.encode(List.of(content.encoderText(manifest.text().parts())));
    byte[] @Nullable [] pixels = {
      content.image().length == 0 ? null : preprocessor.pixels(content.image())
    };
    Representations actual = model.encode(pixels, text.ids(), text.mask());
    float[] z = new float[golden.getZCount()];
    for (int i = 0; i < z.length; i++) {
      z[i] = golden.getZ(i);
    }
    requireCount("z", z.length, manifest.dims().zDim());
    // The codes of the trainer's z, not of ours: a difference within the tolerance may well cross
    // the border between two codes.
    int[] codes = model.quantize(z);
    int[] expected = golden.getCodesList().stream().mapToInt(Integer::intValue).toArray();
    if (!Arrays.equals(codes, expected)) {
      throw bundle.broken(
          Bundle.RQ,
          "gives item %d the codes %s but the trainer's were %s"
              .formatted(item.getItemId(), Arrays.toString(codes), Arrays.toString(expected)));
    }
    return largestDifference(actual.z(), z);
  }

  private void checkScores(List<GoldenScore> scores) {
    double largest = 0;
    double grown = 0;
    RequestEncoder requests = RequestEncoder.of(manifest);
    try (ItemTable table = bundle.items();
        UserTastes tastes = UserTastes.of(bundle)) {
      Items items = new Items(table, tastes);
      for (GoldenScore golden : scores) {
        float[] expected = expected(golden);
        requireCount("pctr", expected.length, golden.getRequest().getCandidatesCount());
        if (expected.length == 0) {
          throw bundle.broken(Bundle.GOLDEN, "has a request without candidates");
        }
        EncodedRequest request = requests.encode(golden.getRequest());
        Slots slots = new Slots();
        ScoreBatch.Request scored = request(request, USER, slots, items);
        float[] few = model.score(ScoreBatch.of(scored))[0];
        largest = Math.max(largest, largestDifference(few, expected));
        // Requests with many candidates go another way through the archive.
        float[] many = model.score(ScoreBatch.of(repeated(scored)))[0];
        largest = Math.max(largest, largestDifference(many, repeated(expected)));
        grown = Math.max(grown, grown(request, slots, scored, tastes.of(request), expected));
      }
    }
    largest = Math.max(largest, together(scores));
    if (!(largest <= manifest.goldenTolerance())) {
      throw bundle.broken(
          Bundle.RANKER,
          "gives scores that differ from the trainer's by up to %.3g (allowed: %.3g)"
              .formatted(largest, manifest.goldenTolerance()));
    }
    double allowed = Math.max(manifest.goldenTolerance(), GROWN_TOLERANCE);
    if (!(grown <= allowed)) {
      throw bundle.broken(
          Bundle.RANKER,
          ("gives a user whose state was grown by a click and shrunk by another scores that differ"
                  + " by up to %.3g from those of a state made anew (allowed: %.3g); put_users must"
                  + " start from the state in the slot that changes[:,1] names")
              .formatted(grown, allowed));
    }
  }

  /// How far scores are from what they should be where the user's state is grown from that of
  /// another history, which has no last click and the first one twice.
  private double grown(
      EncodedRequest request,
      Slots slots,
      ScoreBatch.Request scored,
      float[] taste,
      float[] expected) {
    int[] history =
        Arrays.stream(request.history())
            .mapToInt(itemId -> Objects.requireNonNull(slots.trained.get(itemId)))
            .toArray();
    int clicks = history.length;
    int grown = USER + 1;
    if (!manifest.dims().stateHoldsHistory() || clicks == 0 || grown >= model.userCapacity()) {
      return 0;
    }
    int[] other = history.clone();
    other[clicks - 1] = history[0];
    model.putUsers(UserBatch.of(UserBatch.User.of(USER, request, other, taste)));
    model.putUsers(
        UserBatch.of(
            new UserBatch.User(
                grown,
                USER,
                request.userId(),
                request.profile(),
                request.context(),
                new int[] {history[clicks - 1]},
                new int[] {history[0]},
                clicks,
                taste)));
    return largestDifference(
        model
            .score(
                ScoreBatch.of(
                    new ScoreBatch.Request(
                        grown,
                        scored.historySlots(),
                        scored.candidateSlots(),
                        scored.pctrBase(),
                        scored.shifts())))[0],
        expected);
  }

  /// How far requests that are scored in one call are from what they should be.
  private double together(List<GoldenScore> scores) {
    double largest = 0;
    float[][] together = model.score(new ScoreBatch(requests()));
    for (int i = 0; i < together.length; i++) {
      largest = Math.max(largest, largestDifference(together[i], expected(scores.get(i))));
    }
    return largest;
  }

  private static float[] expected(GoldenScore golden) {
    float[] expected = new float[golden.getPctrCount()];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = golden.getPctr(i);
    }
    return expected;
  }

  /// The golden requests by their slots, with all that they name in the model's tables: as many of
  /// them as the tables hold.
  List<ScoreBatch.Request> requests() {
    RequestEncoder encoder = RequestEncoder.of(manifest);
    Slots slots = new Slots();
    List<ScoreBatch.Request> requests = new ArrayList<>();
    try (ItemTable table = bundle.items();
        UserTastes tastes = UserTastes.of(bundle)) {
      Items items = new Items(table, tastes);
      for (GoldenScore golden : bundle.golden().getScoresList()) {
        boolean room =
            USER + requests.size() < model.userCapacity() && fits(golden.getRequest(), slots);
        if (!requests.isEmpty() && !room) {
          break;
        }
        requests.add(
            request(encoder.encode(golden.getRequest()), USER + requests.size(), slots, items));
      }
    }
    return requests;
  }

  private boolean fits(ScoreRequest request, Slots slots) {
    Set<Long> named = new HashSet<>(slots.trained.keySet());
    named.addAll(request.getUser().getHistoryList());
    int described = slots.taken - slots.trained.size();
    for (Candidate candidate : request.getCandidatesList()) {
      named.add(candidate.getItemId());
      described += candidate.getStatsCount() > 0 ? 1 : 0;
    }
    return named.size() + described < model.itemCapacity();
  }

  private static ScoreBatch.Request repeated(ScoreBatch.Request request) {
    int[] slots = request.candidateSlots();
    int[] many = new int[slots.length * TIMES];
    for (int i = 0; i < TIMES; i++) {
      System.arraycopy(slots, 0, many, i * slots.length, slots.length);
    }
    float[] shifts = request.shifts();
    return new ScoreBatch.Request(
        request.userSlot(),
        request.historySlots(),
        many,
        repeated(request.pctrBase()),
        shifts == null ? null : repeated(shifts));
  }

  private static float[] repeated(float[] values) {
    float[] all = new float[values.length * TIMES];
    for (int i = 0; i < TIMES; i++) {
      System.arraycopy(values, 0, all, i * values.length, values.length);
    }
    return all;
  }

  private ScoreBatch.Request request(EncodedRequest request, int user, Slots slots, Items items) {
    int[] history =
        Arrays.stream(request.history())
            .mapToInt(itemId -> trained(itemId, slots, items))
            .toArray();
    int count = request.candidates().length;
    int[] candidates = new int[count];
    float[] shifts = new float[count];
    for (int i = 0; i < count; i++) {
      long itemId = request.candidates()[i];
      boolean described = request.hints() != null && request.hints().describes(i, manifest);
      if (items.table.find(itemId) >= 0 && !described) {
        candidates[i] = trained(itemId, slots, items);
      } else {
        ItemBatch item = contract.unknownItem();
        ScoreSource source = items.shared().candidate(request, i, item, 0);
        shifts[i] = (float) manifest.fallback().shift(source, !Float.isNaN(request.pctrBase()[i]));
        candidates[i] = described ? put(item, slots) : RankerContract.UNKNOWN_SLOT;
      }
    }
    model.putUsers(
        UserBatch.of(UserBatch.User.of(user, request, history, items.tastes.of(request))));
    int[] read = manifest.dims().stateHoldsHistory() ? new int[0] : history;
    return new ScoreBatch.Request(user, read, candidates, request.pctrBase(), shifts);
  }

  /// The slot of an item of the table.
  private int trained(long itemId, Slots slots, Items items) {
    Integer known = slots.trained.get(itemId);
    if (known != null) {
      return known;
    }
    int row = items.table.find(itemId);
    if (row < 0) {
      throw bundle.broken(
          Bundle.GOLDEN, "names item %d, which the item table lacks".formatted(itemId));
    }
    int slot = put(items.table.batch(new int[] {row}), slots);
    slots.trained.put(itemId, slot);
    return slot;
  }

  private int put(ItemBatch item, Slots slots) {
    int slot = RankerContract.UNKNOWN_SLOT + 1 + slots.taken++;
    if (slot >= model.itemCapacity()) {
      throw bundle.broken(
          Bundle.GOLDEN,
          "needs %d item slots but there are %d; raise the item capacity"
              .formatted(slot + 1, model.itemCapacity()));
    }
    model.putItems(new int[] {slot}, item);
    return slot;
  }

  /// Slots that golden requests have taken.
  private static final class Slots {
    final Map<Long, Integer> trained = new HashMap<>();
    int taken;
  }

  /// What the bundle knows of items and users, and what stands for items that it does not know.
  private final class Items {
    final ItemTable table;
    final UserTastes tastes;
    private @Nullable SharedItems shared;

    Items(ItemTable table, UserTastes tastes) {
      this.table = table;
      this.tastes = tastes;
    }

    /// Made when something is asked of it: it takes a pass over the table.
    SharedItems shared() {
      SharedItems made = shared;
      if (made == null) {
        made = SharedItems.of(table, contract, manifest.features());
        shared = made;
      }
      return made;
    }
  }

  private void requireCount(String what, int actual, int expected) {
    if (actual != expected) {
      throw bundle.broken(
          Bundle.GOLDEN, "has %d values of %s instead of %d".formatted(actual, what, expected));
    }
  }

  /// NaN in either counts as infinitely different.
  static float largestDifference(float[] actual, float[] expected) {
    float largest = 0;
    for (int i = 0; i < expected.length; i++) {
      float difference = Math.abs(actual[i] - expected[i]);
      largest = Math.max(largest, Float.isNaN(difference) ? Float.POSITIVE_INFINITY : difference);
    }
    return largest;
  }
}
