package io.saviorrec.trainer.client;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractStub;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertResult;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Calls one server and says in one line why a call failed.
public final class ServerClient implements AutoCloseable {
  /// Items and bytes of one upsert, well below a server's limits.
  private static final int UPSERT_ITEMS = 32;

  private static final long UPSERT_BYTES = 16 << 20;

  /// Ids of one look-up, well below a server's limit.
  private static final int LOOK_UP_ITEMS = 500;

  private final ManagedChannel channel;
  private final String name;
  private final Duration deadline;

  ServerClient(ManagedChannel channel, String name, Duration deadline) {
    this.channel = channel;
    this.name = name;
    this.deadline = deadline;
  }

  /// Connects at the first call.
  public static ServerClient connect(Target target, Duration deadline) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(target.host(), target.port()).usePlaintext().build();
    return new ServerClient(channel, target.toString(), deadline);
  }

  public ScoreResponse score(ScoreRequest request) {
    return call(() -> timed(ScoringGrpc.newBlockingStub(channel)).score(request));
  }

  /// Sends items in as many calls as their size needs; one result for each item, in their order.
  public List<UpsertResult> upsert(List<Item> items) {
    List<UpsertResult> results = new ArrayList<>();
    int next = 0;
    while (next < items.size()) {
      UpsertItemsRequest.Builder batch = UpsertItemsRequest.newBuilder();
      long bytes = 0;
      do {
        bytes += items.get(next).getSerializedSize();
        batch.addItems(items.get(next++));
      } while (next < items.size()
          && batch.getItemsCount() < UPSERT_ITEMS
          && bytes + items.get(next).getSerializedSize() <= UPSERT_BYTES);
      results.addAll(
          call(() -> timed(ItemsGrpc.newBlockingStub(channel)).upsertItems(batch.build()))
              .getResultsList());
    }
    return results;
  }

  /// What the model of that name, or the default one when it is empty, knows of the items.
  public List<ItemInfo> items(List<Long> itemIds, String model) {
    List<ItemInfo> infos = new ArrayList<>();
    for (int from = 0; from < itemIds.size(); from += LOOK_UP_ITEMS) {
      GetItemsRequest request =
          GetItemsRequest.newBuilder()
              .addAllItemIds(itemIds.subList(from, Math.min(itemIds.size(), from + LOOK_UP_ITEMS)))
              .setModel(model)
              .build();
      infos.addAll(
          call(() -> timed(ItemsGrpc.newBlockingStub(channel)).getItems(request)).getItemsList());
    }
    return infos;
  }

  /// Whether the server is up and ready to score.
  public boolean isServing() {
    try {
      return timed(HealthGrpc.newBlockingStub(channel))
              .check(HealthCheckRequest.getDefaultInstance())
              .getStatus()
          == ServingStatus.SERVING;
    } catch (StatusRuntimeException _) {
      return false;
    }
  }

  private <S extends AbstractStub<S>> S timed(S stub) {
    return stub.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
  }

  private <T> T call(Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException e) {
      throw new UserError(message(e.getStatus()), e);
    }
  }

  private String message(Status status) {
    Throwable root = rootCause(status);
    if (status.getCode() == Status.Code.UNAVAILABLE && root instanceof IOException) {
      return "cannot reach a server at %s (%s); start one with savior serve or name another --target"
          .formatted(name, root.getMessage());
    }
    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      return "no answer from %s within %d ms; try again or raise --deadline-ms"
          .formatted(name, deadline.toMillis());
    }
    return "%s answered %s: %s".formatted(name, status.getCode(), status.getDescription());
  }

  private static @Nullable Throwable rootCause(Status status) {
    Throwable cause = status.getCause();
    while (cause != null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
