package io.saviorrec.server.states;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.SentItems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// The slots of 500 candidates and 50 clicks whose states are all there.
@State(Scope.Benchmark)
public class LeaseBenchmark {
  private static final int ITEMS = 20_000;
  private static final int REQUESTS = 64;

  private final long[][] candidates = new long[REQUESTS][];
  private final long[][] histories = new long[REQUESTS][];
  private Path file;
  private ItemTable table;
  private ItemStates states;
  private int next;

  @Setup
  public void fill() throws IOException {
    file = Files.createTempFile("items", ".safetensors");
    long[] ids = LongStream.rangeClosed(1, ITEMS).toArray();
    ItemTable.write(
        file,
        new ItemTable.Rows(
            new ItemBatch(
                ids,
                new float[ITEMS * 3],
                new long[ITEMS],
                new float[ITEMS * FakeEngine.Z_DIM],
                new int[ITEMS * FakeEngine.LEVELS]),
            ids,
            Collections.nCopies(ITEMS, "item")));
    table = ItemTable.open(file);
    KnownItems known =
        new KnownItems(
            TestBundles.manifest(
                "m", 1, new TreeMap<>(Map.of(Bundle.ENCODER, "e", Bundle.RQ, "q"))),
            table,
            new SentItems(new InMemoryItemStore(), 10));
    states = new ItemStates(new FakeEngine(), known, ITEMS, ItemStates.slotsFor(ITEMS, 4, 1000));
    for (int from = 0; from < ITEMS; from += 1000) {
      states
          .lease(LongStream.rangeClosed(from + 1, from + 1000).toArray(), new long[0], Call.UNBOUNDED)
          .close();
    }
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < REQUESTS; i++) {
      candidates[i] = random.longs(500, 1, ITEMS + 1).toArray();
      histories[i] = random.longs(50, 1, ITEMS + 1).toArray();
    }
  }

  @Benchmark
  public int lease() {
    int request = next++ % REQUESTS;
    try (ItemLease lease =
        states.lease(candidates[request], histories[request], Call.UNBOUNDED)) {
      return lease.candidateSlots()[0] + lease.historySlots()[0];
    }
  }

  @TearDown
  public void delete() throws IOException {
    table.close();
    Files.delete(file);
  }
}
