package io.saviorrec.server.states;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.contract.EncodedRequest;
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

/// The states of 500 candidates and a user with 50 clicks: all there, or of a user and items that
/// are mostly not. The engine is a fake, so that what is timed is everything but the model.
@State(Scope.Benchmark)
public class LeaseBenchmark {
  private static final int ITEMS = 20_000;
  private static final int FEW = 1000;
  private static final int REQUESTS = 64;

  private final EncodedRequest[] requests = new EncodedRequest[REQUESTS];
  private Path file;
  private ItemTable table;
  private ModelStates cached;
  private ModelStates uncached;
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
    Manifest manifest =
        TestBundles.manifest("m", 1, new TreeMap<>(Map.of(Bundle.ENCODER, "e", Bundle.RQ, "q")));
    KnownItems known = new KnownItems(manifest, table, new SentItems(new InMemoryItemStore(), 10));
    cached =
        new ModelStates(
            manifest, new FakeEngine(), known, new ModelStates.Capacity(ITEMS, REQUESTS, 4, FEW));
    uncached =
        new ModelStates(manifest, new FakeEngine(), known, new ModelStates.Capacity(FEW, 0, 4, FEW));
    for (int from = 0; from < ITEMS; from += FEW) {
      cached.computeItems(
          LongStream.rangeClosed(from + 1, from + FEW).toArray(), Call.UNBOUNDED);
    }
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < REQUESTS; i++) {
      requests[i] =
          new EncodedRequest(
              i,
              new long[1],
              new long[1],
              random.longs(50, 1, ITEMS + 1).toArray(),
              random.longs(500, 1, ITEMS + 1).toArray(),
              new float[500]);
    }
  }

  @Benchmark
  public int lease() {
    return lease(cached);
  }

  @Benchmark
  public int leaseUncached() {
    return lease(uncached);
  }

  private int lease(ModelStates states) {
    try (StatesLease lease = states.lease(requests[next++ % REQUESTS], Call.UNBOUNDED)) {
      return lease.first().userSlot() + lease.first().candidateSlots()[0];
    }
  }

  @TearDown
  public void delete() throws IOException {
    table.close();
    Files.delete(file);
  }
}
