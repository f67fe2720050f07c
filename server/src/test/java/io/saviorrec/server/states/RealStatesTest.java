package io.saviorrec.server.states;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.content.ItemContent;
import io.saviorrec.contract.EncodedRequest;
import io.saviorrec.contract.Precision;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.server.engine.BundleEngine;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.fakes.TinyRepository;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.ItemRepresentation;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.store.StoredItem;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A real engine scores with states that were kept, grown or shared as with those that were not.
@Timeout(120)
class RealStatesTest {
  private static final Offset<Float> CLOSE = Offset.offset(1e-6f);
  private static final int ITEMS = 20;

  @TempDir private Path repository;
  private final SentItems sent = new SentItems(new InMemoryItemStore(), 100);
  private final Random random = new Random(7);

  @Test
  void scoresAreTheSameWithTheCachesAndWithout() throws Exception {
    TinyRepository.write(repository, 1, ITEMS);
    Bundle bundle = Bundle.open(repository.resolve("tiny").resolve("1"));
    ModelStates.Capacity much = new ModelStates.Capacity(100, 100, 1, 100);
    ModelStates.Capacity nothing = new ModelStates.Capacity(1, 0, 1, 100);
    try (ItemTable table = bundle.items();
        ModelEngine keeping = BundleEngine.load(bundle, "cpu", much.slots(), Precision.FP32);
        ModelEngine forgetting =
            BundleEngine.load(bundle, "cpu", nothing.slots(), Precision.FP32)) {
      KnownItems items = new KnownItems(bundle.manifest(), table, sent);
      ModelStates kept = new ModelStates(bundle.manifest(), keeping, items, much);
      ModelStates forgotten = new ModelStates(bundle.manifest(), forgetting, items, nothing);
      sent.listen(kept);
      sent.listen(forgotten);
      int length = bundle.manifest().dims().historyLength();
      long[] clicks = random.longs(40, 11, 11 + ITEMS + 3).toArray();
      for (int round = 0; round < 200; round++) {
        if (round % 20 == 19) {
          send(items, 11 + random.nextInt(ITEMS + 3));
        }
        int end = 1 + round % clicks.length;
        long[] history =
            IntStream.range(Math.max(0, end - length), end).mapToLong(i -> clicks[i]).toArray();
        EncodedRequest request = request(bundle, history);
        assertThat(score(kept, keeping, request))
            .containsExactly(score(forgotten, forgetting, request), CLOSE);
      }
      assertThat(kept.usersGrown()).isPositive();
      assertThat(kept.users().hits()).isPositive();
      assertThat(forgotten.users().hits()).isZero();
    }
  }

  private EncodedRequest request(Bundle bundle, long[] history) {
    return new EncodedRequest(
        random.nextInt(2),
        new long[bundle.manifest().features().profile().size()],
        new long[bundle.manifest().features().context().size()],
        history,
        random.longs(5, 11, 11 + ITEMS).toArray(),
        new float[] {0.1f, 0.2f, Float.NaN, 0.3f, Float.NaN});
  }

  private static float[] score(ModelStates states, ModelEngine engine, EncodedRequest request) {
    float[] first = scoreOnce(states, engine, request);
    float[] second = scoreOnce(states, engine, request);
    assertThat(second).containsExactly(first, CLOSE);
    return second;
  }

  private static float[] scoreOnce(ModelStates states, ModelEngine engine, EncodedRequest request) {
    try (StatesLease lease = states.lease(request, Call.UNBOUNDED)) {
      return engine.score(ScoreBatch.of(lease.first().withPctrBase(request.pctrBase())))[0];
    }
  }

  private void send(KnownItems items, long itemId) {
    ItemContent content = new ItemContent(itemId, "words " + random.nextInt(), "", "", new byte[0]);
    float[] z = new float[items.dims().zDim()];
    for (int i = 0; i < z.length; i++) {
      z[i] = random.nextFloat();
    }
    StoredItem item =
        new StoredItem(
            itemId,
            StoredItem.UNSTORED,
            content.hash(),
            content.title(),
            "",
            "",
            new TreeMap<>(),
            new TreeMap<>());
    sent.change(
        List.of(
            new ItemStore.Entry(
                item,
                new byte[0],
                Map.of(items.key(), new ItemRepresentation(z, new int[items.dims().levels()])))));
  }
}
