package io.saviorrec.server.grpc;

import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.DeleteItemsResponse;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.GetItemsResponse;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ListItemsRequest;
import io.saviorrec.proto.v1.ListItemsResponse;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import io.saviorrec.proto.v1.UpdateStatsResponse;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.server.scoring.ItemInquiry;
import io.saviorrec.server.upsert.ItemIntake;
import io.saviorrec.server.upsert.ItemUpkeep;
import java.util.function.Supplier;

/// `saviorrec.v1.Items`.
final class ItemsService extends ItemsGrpc.ItemsImplBase {
  private final Supplier<ItemIntake> intake;
  private final Supplier<ItemUpkeep> upkeep;
  private final Supplier<ItemInquiry> inquiry;

  /// The suppliers fail with UNAVAILABLE while the server is starting or draining.
  ItemsService(
      Supplier<ItemIntake> intake, Supplier<ItemUpkeep> upkeep, Supplier<ItemInquiry> inquiry) {
    this.intake = intake;
    this.upkeep = upkeep;
    this.inquiry = inquiry;
  }

  @Override
  public void upsertItems(
      UpsertItemsRequest request, StreamObserver<UpsertItemsResponse> observer) {
    Reply.send(observer, call -> intake.get().upsert(TextIds.numbered(request), call));
  }

  @Override
  public void updateStats(
      UpdateStatsRequest request, StreamObserver<UpdateStatsResponse> observer) {
    Reply.send(observer, call -> upkeep.get().updateStats(TextIds.numbered(request), call));
  }

  @Override
  public void deleteItems(
      DeleteItemsRequest request, StreamObserver<DeleteItemsResponse> observer) {
    Reply.send(observer, call -> upkeep.get().delete(TextIds.numbered(request), call));
  }

  @Override
  public void listItems(ListItemsRequest request, StreamObserver<ListItemsResponse> observer) {
    Reply.send(observer, call -> upkeep.get().list(request, call));
  }

  @Override
  public void getItems(GetItemsRequest request, StreamObserver<GetItemsResponse> observer) {
    Reply.send(observer, call -> inquiry.get().get(TextIds.numbered(request), call));
  }
}
