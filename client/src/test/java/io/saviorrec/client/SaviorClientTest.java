package io.saviorrec.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.EquivalentAddressGroup;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.stub.MetadataUtils;
import io.saviorrec.client.ClientConfig.Retries;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import io.saviorrec.proto.v1.UpdateStatsResponse;
import io.saviorrec.proto.v1.UpsertResult;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SaviorClientTest {
  private static final ScoreRequest REQUEST =
      ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(7)).build();

  private final FakeServer server = new FakeServer();
  private final ClientConfig config =
      ClientConfig.of(server.target()).withDeadline(Duration.ofSeconds(30));

  @AfterEach
  void stop() {
    server.close();
  }

  private static CallException failureOf(SaviorClient client, ScoreRequest request) {
    return catchThrowableOfType(CallException.class, () -> client.score(request));
  }

  @Test
  void scores() {
    try (SaviorClient client = SaviorClient.connect(config)) {
      assertThat(client.score(REQUEST).getScores(0).getItemId()).isEqualTo(7);
      assertThat(client.scoreAsync(REQUEST).join().getScoresCount()).isEqualTo(1);
    }
    assertThat(server.userAgents)
        .hasSize(2)
        .allMatch(name -> name.startsWith("savior-client grpc-java"));
  }

  @Test
  void anInterceptorPassesTheCallersTraceOn() {
    Metadata trace = new Metadata();
    trace.put(
        Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    List<String> order = new CopyOnWriteArrayList<>();
    try (SaviorClient client =
        SaviorClient.connect(
            config,
            List.of(
                noting("outer", order),
                noting("inner", order),
                MetadataUtils.newAttachHeadersInterceptor(trace)))) {
      client.score(REQUEST);
      client.scoreAsync(REQUEST).join();
    }

    assertThat(server.traceParents)
        .hasSize(2)
        .containsOnly("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assertThat(order).containsExactly("outer", "inner", "outer", "inner");
  }

  private static ClientInterceptor noting(String name, List<String> order) {
    return new ClientInterceptor() {
      @Override
      public <Q, A> ClientCall<Q, A> interceptCall(
          MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        order.add(name);
        return next.newCall(method, options);
      }
    };
  }

  @Test
  void aRefusalCarriesTheStatusAndTheServersWords() throws InterruptedException {
    try (SaviorClient client = SaviorClient.connect(config)) {
      CallException refusal = failureOf(client, ScoreRequest.getDefaultInstance());
      assertThat(refusal)
          .hasMessage(server.target() + " answered INVALID_ARGUMENT: candidates: none");
      assertThat(refusal.code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(refusal.serverMessage()).isEqualTo("candidates: none");
      assertThat(refusal.unreachable()).isFalse();
      CompletableFuture<ScoreResponse> answer =
          client.scoreAsync(ScoreRequest.getDefaultInstance());
      assertThatThrownBy(answer::get)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(CallException.class)
          .hasMessage(refusal.getMessage());
    }
  }

  @Test
  void triesAgainWhatAServerDidNotTake() {
    server.fail(Status.UNAVAILABLE, 2);
    Retries retries = new Retries(3, Duration.ofMillis(1), Duration.ofMillis(2), 100, 0.1);
    try (SaviorClient client = SaviorClient.connect(config.withRetries(retries))) {
      assertThat(client.score(REQUEST).getScoresCount()).isEqualTo(1);
      server.fail(Status.UNAVAILABLE, 2);
      assertThat(client.upsertItems(List.of(Item.getDefaultInstance()))).hasSize(1);
      server.fail(Status.UNAVAILABLE, 2);
      assertThat(client.getItems(List.of(5L))).hasSize(1);
    }
    assertThat(server.userAgents).hasSize(9);
  }

  @Test
  void givesUpAfterTheLastAttempt() {
    server.fail(Status.UNAVAILABLE.withDescription("the server is starting"), 3);
    try (SaviorClient client = SaviorClient.connect(config)) {
      assertThat(failureOf(client, REQUEST))
          .hasMessage(server.target() + " answered UNAVAILABLE: the server is starting");
    }
    assertThat(server.userAgents).hasSize(3);
  }

  @Test
  void triesNothingAgainWithoutRetries() {
    server.fail(Status.UNAVAILABLE, 1);
    try (SaviorClient client = SaviorClient.connect(config.withRetries(Retries.none()))) {
      assertThat(failureOf(client, REQUEST).code()).isEqualTo(Status.Code.UNAVAILABLE);
    }
    assertThat(server.userAgents).hasSize(1);
  }

  @Test
  void aFullQueueIsTriedAgainOnlyWhenTheServerSaysWhen() {
    try (SaviorClient client = SaviorClient.connect(config)) {
      server.fail(Status.RESOURCE_EXHAUSTED.withDescription("the queue is full"), 1);
      assertThat(failureOf(client, REQUEST).code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(server.userAgents).hasSize(1);
      server.failures.add(new FakeServer.Failure(Status.RESOURCE_EXHAUSTED, "5"));
      assertThat(client.score(REQUEST).getScoresCount()).isEqualTo(1);
      assertThat(server.userAgents).hasSize(3);
      // Below 0 a server forbids retries.
      server.failures.add(new FakeServer.Failure(Status.UNAVAILABLE, "-1"));
      assertThat(failureOf(client, REQUEST).code()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(server.userAgents).hasSize(4);
    }
  }

  @Test
  void retriesEndWhenTheirBudgetIsSpent() {
    Retries retries = new Retries(3, Duration.ofMillis(1), Duration.ofMillis(1), 4, 0.1);
    try (SaviorClient client = SaviorClient.connect(config.withRetries(retries))) {
      server.fail(Status.UNAVAILABLE, 100);
      for (int i = 0; i < 10; i++) {
        assertThat(failureOf(client, REQUEST).code()).isEqualTo(Status.Code.UNAVAILABLE);
      }
    }
    // Of four tokens the second failure leaves two, which is not more than half.
    assertThat(server.userAgents).hasSize(11);
  }

  @Test
  void aCallEndsAtItsDeadline() {
    server.gate = new CountDownLatch(1);
    try (SaviorClient client = SaviorClient.connect(config)) {
      SaviorClient hasty = client.withDeadline(Duration.ofMillis(50));
      CallException late = failureOf(hasty, REQUEST);
      assertThat(late).hasMessage("no answer from " + server.target() + " within 50 ms");
      assertThat(late.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      server.gate.countDown();
      // The deadline was of those calls alone.
      assertThat(client.score(REQUEST).getScoresCount()).isEqualTo(1);
      assertThatThrownBy(() -> client.withDeadline(Duration.ZERO))
          .hasMessage("deadline must be positive, was PT0S");
    }
  }

  @Test
  void anUnreachableServerIsToldFromOneThatRefuses() {
    server.close();
    try (SaviorClient client = SaviorClient.connect(config)) {
      CallException failure = failureOf(client, REQUEST);
      assertThat(failure.unreachable()).isTrue();
      assertThat(failure.getMessage())
          .startsWith("cannot reach a server at " + server.target() + " (");
      assertThat(client.isServing()).isFalse();
    }
  }

  @Test
  void asksWhetherAServerIsReady() {
    try (SaviorClient client = SaviorClient.connect(config)) {
      assertThat(client.isServing()).isTrue();
      server.health.setStatus("", ServingStatus.NOT_SERVING);
      assertThat(client.isServing()).isFalse();
    }
  }

  @Test
  void cancellingTheFutureCancelsTheCall() throws InterruptedException {
    server.gate = new CountDownLatch(1);
    try (SaviorClient client = SaviorClient.connect(config)) {
      CompletableFuture<ScoreResponse> answer = client.scoreAsync(REQUEST);
      server.entered.await();
      assertThat(answer.cancel(true)).isTrue();
      server.cancelled.await();
      server.gate.countDown();
    }
  }

  @Test
  void closingLetsCallsInFlightEndAndTakesNoMore() throws InterruptedException {
    CountDownLatch gate = new CountDownLatch(1);
    server.gate = gate;
    SaviorClient client = SaviorClient.connect(config);
    CompletableFuture<ScoreResponse> answer = client.scoreAsync(REQUEST);
    server.entered.await();
    Thread closing = Thread.ofVirtual().start(client::close);
    // Refused from the moment that closing began, while the call before it still waits.
    while (client.withDeadline(Duration.ofSeconds(5)).isServing()) {
      Thread.onSpinWait();
    }
    assertThat(answer).isNotDone();
    gate.countDown();
    assertThat(answer.join().getScoresCount()).isEqualTo(1);
    closing.join();
    assertThat(failureOf(client, REQUEST).code()).isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void longListsGoInSeveralCallsInTheirOrder() {
    ByteString large = ByteString.copyFrom(new byte[9 << 20]);
    List<Item> items =
        Stream.concat(
                IntStream.rangeClosed(1, 70).mapToObj(i -> item(i, ByteString.EMPTY)),
                IntStream.rangeClosed(71, 72).mapToObj(i -> item(i, large)))
            .toList();
    List<Long> ids = LongStream.rangeClosed(1, 1100).boxed().toList();
    try (SaviorClient client = SaviorClient.connect(config)) {
      assertThat(client.upsertItems(items))
          .extracting(UpsertResult::getItemId)
          .containsExactlyElementsOf(ids.subList(0, 72));
      assertThat(client.upsertItemsAsync(items).join())
          .extracting(UpsertResult::getItemId)
          .containsExactlyElementsOf(ids.subList(0, 72));
      assertThat(client.getItems(ids))
          .extracting(ItemInfo::getItemId)
          .containsExactlyElementsOf(ids);
      assertThat(client.getItemsAsync(ids, "base").join())
          .extracting(ItemInfo::getItemId)
          .containsExactlyElementsOf(ids);
      assertThat(client.getItems(List.of())).isEmpty();
      assertThat(client.upsertItemsAsync(List.of()).join()).isEmpty();
    }
    assertThat(server.upserts.stream().map(call -> call.getItemsCount()))
        .containsExactly(32, 32, 7, 1, 32, 32, 7, 1);
    assertThat(server.lookups.stream().map(call -> call.getItemIdsCount()))
        .containsExactly(500, 500, 100, 500, 500, 100);
    assertThat(server.lookups.getLast().getModel()).isEqualTo("base");
  }

  private static Item item(long id, ByteString image) {
    return Item.newBuilder().setItemId(id).setTitle("t").setImage(image).build();
  }

  @Test
  void anAnswerThatIsTooLongIsRefused() {
    ScoreRequest.Builder large = ScoreRequest.newBuilder();
    for (int i = 0; i < 1000; i++) {
      large.addCandidates(Candidate.newBuilder().setItemId(i));
    }
    try (SaviorClient client = SaviorClient.connect(config.withMaxMessageBytes(1024))) {
      assertThat(failureOf(client, large.build()).code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }
  }

  @Test
  void callsGoRoundAllServersOfAName() {
    try (FakeServer other = new FakeServer()) {
      NameResolverProvider names = new FixedNames("shops", List.of(server.port(), other.port()));
      NameResolverRegistry.getDefaultRegistry().register(names);
      try (SaviorClient client =
          SaviorClient.connect(
              ClientConfig.of("shops:///ranking").withDeadline(Duration.ofSeconds(30)))) {
        // The first calls may meet a connection that is still being made.
        while (server.scored.isEmpty() || other.scored.isEmpty()) {
          client.score(REQUEST);
        }
        int before = server.scored.size();
        int otherBefore = other.scored.size();
        for (int i = 0; i < 10; i++) {
          client.score(REQUEST);
        }
        assertThat(server.scored).hasSize(before + 5);
        assertThat(other.scored).hasSize(otherBefore + 5);
        // What one server does not take, the other does.
        server.fail(Status.UNAVAILABLE, 1);
        client.score(REQUEST);
        client.score(REQUEST);
        assertThat(server.failures).isEmpty();
      } finally {
        NameResolverRegistry.getDefaultRegistry().deregister(names);
      }
    }
  }

  /// Resolves every name of a scheme to these local ports.
  private static final class FixedNames extends NameResolverProvider {
    private final String scheme;
    private final List<Integer> ports;

    FixedNames(String scheme, List<Integer> ports) {
      this.scheme = scheme;
      this.ports = ports;
    }

    @Override
    protected boolean isAvailable() {
      return true;
    }

    @Override
    protected int priority() {
      return 5;
    }

    @Override
    public String getDefaultScheme() {
      return scheme;
    }

    @Override
    public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
      return List.of(InetSocketAddress.class);
    }

    @Override
    public NameResolver newNameResolver(URI target, NameResolver.Args args) {
      return new NameResolver() {
        @Override
        public String getServiceAuthority() {
          return "localhost";
        }

        @Override
        public void start(Listener2 listener) {
          List<EquivalentAddressGroup> addresses = new ArrayList<>();
          for (int port : ports) {
            addresses.add(
                new EquivalentAddressGroup(
                    new InetSocketAddress("localhost", port), Attributes.EMPTY));
          }
          listener.onResult2(
              ResolutionResult.newBuilder()
                  .setAddressesOrError(StatusOr.fromValue(addresses))
                  .build());
        }

        @Override
        public void shutdown() {
          // Nothing runs.
        }
      };
    }
  }

  @Test
  void statisticsAndDeletionsOfManyItemsGoInSeveralCalls() {
    List<Long> ids = LongStream.range(0, 12_000).boxed().toList();
    UpdateStatsRequest request =
        UpdateStatsRequest.newBuilder()
            .addAllItemIds(ids)
            .addColumns(
                StatColumn.newBuilder()
                    .setName("pv")
                    .addAllValues(ids.stream().map(Long::floatValue).toList()))
            .setTimeMs(7)
            .build();
    try (SaviorClient client = SaviorClient.connect(config)) {
      UpdateStatsResponse response = client.updateStats(request);
      assertThat(response.getUpdated()).isEqualTo(6000);
      assertThat(response.getUnknownCount()).isEqualTo(6000);
      assertThat(client.deleteItems(ids)).isEqualTo(12_000);
      assertThatThrownBy(() -> client.updateStats(request.toBuilder().addItemIds(1).build()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("columns.pv must have a value for each of 12001 items, has 12000");
    }
    assertThat(server.statistics).hasSize(3);
    UpdateStatsRequest last = server.statistics.getLast();
    assertThat(last.getTimeMs()).isEqualTo(7);
    assertThat(last.getItemIds(0)).isEqualTo(10_000);
    assertThat(last.getColumns(0).getValues(0)).isEqualTo(10_000f);
    assertThat(server.deletions).hasSize(3);
  }

  @Test
  void statisticsOfItemsThatAreNamedByTextsGoInSeveralCallsToo() {
    List<String> keys = LongStream.range(0, 7_000).mapToObj(i -> "item-" + i).toList();
    UpdateStatsRequest request =
        UpdateStatsRequest.newBuilder()
            .addAllItemKeys(keys)
            .addColumns(
                StatColumn.newBuilder().setName("pv").addAllValues(Collections.nCopies(7_000, 3f)))
            .build();
    try (SaviorClient client = SaviorClient.connect(config)) {
      UpdateStatsResponse _ = client.updateStats(request);
      assertThatThrownBy(() -> client.updateStats(request.toBuilder().addItemIds(1).build()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("item_ids and item_keys must not both be set");
    }

    assertThat(server.statistics.stream().flatMap(each -> each.getItemKeysList().stream()))
        .containsExactlyElementsOf(keys);
    assertThat(server.statistics)
        .extracting(each -> each.getColumns(0).getValuesCount())
        .containsExactly(5_000, 2_000);
  }
}
