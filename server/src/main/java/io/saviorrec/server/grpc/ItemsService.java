package io.saviorrec.server.grpc;

import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.GetItemsResponse;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.server.scoring.ItemInquiry;
import io.saviorrec.server.upsert.ItemIntake;
import java.util.function.Supplier;

/// `saviorrec.v1.Items`.
final class ItemsService extends ItemsGrpc.ItemsImplBase {
  private final Supplier<ItemIntake> intake;
  private final Supplier<ItemInquiry> inquiry;

  /// Both suppliers fail with UNAVAILABLE while the server is starting or draining.
  ItemsService(Supplier<ItemIntake> intake, Supplier<ItemInquiry> inquiry) {
    this.intake = intake;
    this.inquiry = inquiry;
  }

  @Override
  public void upsertItems(
      UpsertItemsRequest request, StreamObserver<UpsertItemsResponse> observer) {
    Reply.send(observer, call -> intake.get().upsert(request, call));
  }

  @Override
  public void getItems(GetItemsRequest request, StreamObserver<GetItemsResponse> observer) {
    Reply.send(observer, call -> inquiry.get().get(request, call));
  }
}
