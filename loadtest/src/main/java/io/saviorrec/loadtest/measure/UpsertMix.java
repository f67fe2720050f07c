package io.saviorrec.loadtest.measure;

import com.google.protobuf.InvalidProtocolBufferException;
import io.saviorrec.client.ClientConfig;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.loadtest.generator.Arrivals;
import io.saviorrec.loadtest.generator.Ending;
import io.saviorrec.loadtest.generator.LoadGenerator;
import io.saviorrec.loadtest.generator.OpenLoad;
import io.saviorrec.loadtest.requests.Wire.Verdict;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/// New items that a server gets while it scores: recorded ones under ids and titles of their own,
/// so that each has to be stored and encoded. They are erased at the end.
public final class UpsertMix implements AutoCloseable {
  /// Above what shops give their items.
  static final long FIRST_ID = 1L << 56;

  private static final int CONNECTIONS = 1;
  private static final int ERASED_AT_ONCE = 1000;

  private final ClientConfig config;
  private final LoadGenerator generator;
  private final List<Item> items;
  private final double perSecond;
  private final AtomicLong next = new AtomicLong();

  /// Connects at the first call.
  ///
  /// @param items at least one
  public UpsertMix(ClientConfig config, List<Item> items, double perSecond) {
    this.config = config;
    this.items = List.copyOf(items);
    this.perSecond = perSecond;
    this.generator = new LoadGenerator(config, ItemsGrpc.SERVICE_NAME, "UpsertItems", CONNECTIONS);
  }

  /// Sends items until the time is over.
  ///
  /// @param startNanos when the load begins, by `System.nanoTime`; what comes in its warm-up is not
  ///   measured
  Measured send(
      long startNanos, Duration warmUp, Duration length, long seed, BooleanSupplier stop) {
    Tally tally = new Tally(startNanos + warmUp.toNanos(), length.toNanos(), null);
    OpenLoad load =
        new OpenLoad() {
          @Override
          public byte[] request(int number) {
            tally.sent();
            return message(next.getAndIncrement()).toByteArray();
          }

          @Override
          public void ended(int number, Ending ending) {
            tally.ended(ending, verdict(ending.answer()));
          }
        };
    long[] times = Arrivals.poisson().times(perSecond, warmUp.plus(length), seed);
    generator.open(load, times, startNanos, config.deadline(), stop);
    double seconds = (System.nanoTime() - startNanos - warmUp.toNanos()) / 1e9;
    return tally.measured(perSecond, Math.clamp(seconds, 1e-9, length.toNanos() / 1e9), false);
  }

  private UpsertItemsRequest message(long number) {
    Item item = items.get((int) (number % items.size()));
    return UpsertItemsRequest.newBuilder()
        .addItems(
            item.toBuilder()
                .clearItemKey()
                .setItemId(FIRST_ID + number)
                .setTitle(item.getTitle() + " " + number))
        .build();
  }

  private static Verdict verdict(byte[] answer) {
    try {
      UpsertItemsResponse response = UpsertItemsResponse.parseFrom(answer);
      boolean stored =
          response.getResultsCount() == 1 && response.getResults(0).getError().isEmpty();
      return stored ? Verdict.WHOLE : Verdict.WRONG;
    } catch (InvalidProtocolBufferException _) {
      return Verdict.WRONG;
    }
  }

  /// Which items it sent, in words.
  public String sent() {
    return "items %d to %d on %s".formatted(FIRST_ID, FIRST_ID + next.get() - 1, config.target());
  }

  /// Erases what was sent, and ends the connections.
  ///
  /// @throws io.saviorrec.client.CallException when the server does not do it
  @Override
  public void close() {
    generator.close();
    long last = FIRST_ID + next.get();
    try (SaviorClient client = SaviorClient.connect(config)) {
      List<Long> ids = new ArrayList<>();
      for (long id = FIRST_ID; id < last; id++) {
        ids.add(id);
        if (ids.size() == ERASED_AT_ONCE || id == last - 1) {
          client.deleteItems(ids);
          ids.clear();
        }
      }
    }
  }
}
