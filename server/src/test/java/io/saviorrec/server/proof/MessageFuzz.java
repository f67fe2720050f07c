package io.saviorrec.server.proof;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Codec;
import io.grpc.Compressor;
import io.grpc.CompressorRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.ListItemsRequest;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import io.saviorrec.server.fakes.Http2Peer;
import io.saviorrec.server.fakes.TinyRepository;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/// Calls of every method with spoilt messages, plain and compressed, by a proper gRPC client.
final class MessageFuzz implements AutoCloseable {
  private static final String SCORE = "saviorrec.v1.Scoring/Score";
  private static final String UPSERT = "saviorrec.v1.Items/UpsertItems";
  private static final String GET = "saviorrec.v1.Items/GetItems";
  private static final String STATISTICS = "saviorrec.v1.Items/UpdateStats";
  private static final String DELETE = "saviorrec.v1.Items/DeleteItems";
  private static final String LIST = "saviorrec.v1.Items/ListItems";
  private static final String CHECK = "grpc.health.v1.Health/Check";
  private static final String WATCH = "grpc.health.v1.Health/Watch";
  private static final String REFLECTION =
      "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

  /// What each method may answer to a message that came whole. DEADLINE_EXCEEDED and CANCELLED are
  /// the caller's own doing and allowed where it did so.
  private static final Map<String, Set<String>> DOCUMENTED =
      Map.of(
          SCORE, Set.of("OK", "INVALID_ARGUMENT", "NOT_FOUND", "RESOURCE_EXHAUSTED"),
          UPSERT, Set.of("OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"),
          GET, Set.of("OK", "INVALID_ARGUMENT", "NOT_FOUND", "RESOURCE_EXHAUSTED"),
          STATISTICS, Set.of("OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"),
          DELETE, Set.of("OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"),
          LIST, Set.of("OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"),
          CHECK, Set.of("OK", "INVALID_ARGUMENT", "NOT_FOUND", "RESOURCE_EXHAUSTED"),
          WATCH, Set.of("OK", "INVALID_ARGUMENT", "NOT_FOUND", "RESOURCE_EXHAUSTED"),
          REFLECTION, Set.of("OK", "INVALID_ARGUMENT", "NOT_FOUND", "RESOURCE_EXHAUSTED"));

  /// What gRPC itself answers to a message that cannot be decompressed.
  private static final Set<String> UNREADABLE = Set.of("UNIMPLEMENTED", "INTERNAL", "CANCELLED");

  private static final long LIMIT_SECONDS = 30;
  private static final List<String> METHODS =
      List.of(
          SCORE,
          SCORE,
          SCORE,
          UPSERT,
          UPSERT,
          GET,
          STATISTICS,
          DELETE,
          LIST,
          CHECK,
          WATCH,
          REFLECTION);
  private static final int[] BOMB_BYTES = {1 << 20, 16 << 20, 60_000_000};
  private static final List<byte[]> BOMBS = bombs();

  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private final ManagedChannel channel;

  MessageFuzz(int port) {
    CompressorRegistry compressors = CompressorRegistry.newEmptyInstance();
    compressors.register(Codec.Identity.NONE);
    for (String encoding : List.of("gzip", "br", "zstd", "snappy")) {
      compressors.register(new AsItIs(encoding));
    }
    this.channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .usePlaintext()
            .disableRetry()
            .compressorRegistry(compressors)
            .build();
  }

  /// Sends what is compressed already, or was meant to look so.
  private record AsItIs(String getMessageEncoding) implements Compressor {
    @Override
    public OutputStream compress(OutputStream out) {
      return out;
    }
  }

  /// What was sent and what came back.
  ///
  /// @param detail what else is known of it, for a failure
  record Answer(String method, String status, boolean documented, String detail) {}

  /// One call with a spoilt message; now and then one with a short deadline, or cancelled.
  Answer spoilt(Random random) {
    String method = METHODS.get(random.nextInt(METHODS.size()));
    byte[] message = WireMutator.mutate(valid(method, random), random);
    Set<String> allowed = documented(method);
    return switch (random.nextInt(50)) {
      case 0 ->
          call(method, message, CallOptions.DEFAULT, true, with(allowed, Set.of("CANCELLED")));
      case 1 ->
          call(
              method,
              message,
              CallOptions.DEFAULT.withDeadlineAfter(random.nextInt(1, 10), TimeUnit.MILLISECONDS),
              false,
              with(allowed, Set.of("DEADLINE_EXCEEDED", "CANCELLED")));
      default -> call(method, message, CallOptions.DEFAULT, false, allowed);
    };
  }

  /// One call whose message says that it is compressed.
  Answer compressed(Random random) {
    String method = METHODS.get(random.nextInt(METHODS.size()));
    byte[] valid = valid(method, random);
    Set<String> allowed = with(documented(method), UNREADABLE);
    CallOptions gzip = CallOptions.DEFAULT.withCompression("gzip");
    return switch (random.nextInt(100)) {
      case 0 -> call(method, BOMBS.get(random.nextInt(BOMBS.size())), gzip, false, allowed);
      case 1, 2, 3, 4, 5, 6, 7, 8, 9 ->
          call(
              method,
              valid,
              CallOptions.DEFAULT.withCompression(
                  List.of("br", "zstd", "snappy").get(random.nextInt(3))),
              false,
              allowed);
      case 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 -> call(method, valid, gzip, false, allowed);
      default -> {
        byte[] zipped = gzip(random.nextBoolean() ? valid : WireMutator.mutate(valid, random));
        byte[] sent = random.nextInt(3) == 0 ? zipped : WireMutator.flipBits(zipped, random);
        yield call(method, sent, gzip, false, allowed);
      }
    };
  }

  private static Set<String> documented(String method) {
    return Objects.requireNonNull(DOCUMENTED.get(method), method);
  }

  private static Set<String> with(Set<String> some, Set<String> more) {
    Set<String> all = new TreeSet<>(some);
    all.addAll(more);
    return all;
  }

  private static byte[] valid(String method, Random random) {
    return switch (method) {
      case SCORE -> {
        ScoreRequest page = TinyShop.page(random, random.nextInt(1, 40));
        yield (random.nextBoolean() ? page : packed(page)).toByteArray();
      }
      case UPSERT -> {
        // Far from the items that are scored to see whether the server is still right.
        long id = 1_000_000_000L + random.nextInt(1000);
        yield TinyShop.upsert(
                TinyShop.item(id, random.nextInt(50)), TinyShop.item(id + 1000, random.nextInt(50)))
            .toByteArray();
      }
      case GET ->
          GetItemsRequest.newBuilder()
              .addItemIds(TinyRepository.FIRST_ITEM + random.nextInt(TinyShop.ITEMS))
              .addItemIds(1_000_000_000L + random.nextInt(1000))
              .setModel("tiny")
              .build()
              .toByteArray();
      case STATISTICS ->
          UpdateStatsRequest.newBuilder()
              .addItemIds(1_000_000_000L + random.nextInt(1000))
              .addItemIds(1_000_002_000L + random.nextInt(1000))
              .addColumns(StatColumn.newBuilder().setName("pv").addValues(3).addValues(4))
              .setTimeMs(1_700_000_000_000L)
              .build()
              .toByteArray();
      case DELETE ->
          DeleteItemsRequest.newBuilder()
              .addItemIds(1_000_000_000L + random.nextInt(1000))
              .addItemIds(1_000_002_000L + random.nextInt(1000))
              .build()
              .toByteArray();
      case LIST ->
          ListItemsRequest.newBuilder()
              .setPageSize(random.nextInt(100))
              .setPageToken("" + random.nextInt())
              .setDeleted(random.nextBoolean())
              .build()
              .toByteArray();
      case REFLECTION ->
          ServerReflectionRequest.newBuilder()
              .setFileContainingSymbol(ServerProcess.SCORING)
              .build()
              .toByteArray();
      default ->
          HealthCheckRequest.newBuilder().setService(ServerProcess.SCORING).build().toByteArray();
    };
  }

  private static ScoreRequest packed(ScoreRequest page) {
    ScoreRequest.Builder packed = page.toBuilder().clearCandidates();
    for (Candidate candidate : page.getCandidatesList()) {
      packed.addCandidateIds(candidate.getItemId());
      packed.addCandidatePctrBase(
          candidate.hasPctrBase() ? (float) candidate.getPctrBase() : Float.NaN);
    }
    return packed.build();
  }

  private Answer call(
      String method, byte[] message, CallOptions options, boolean cancelled, Set<String> allowed) {
    boolean streaming = method.equals(WATCH);
    CompletableFuture<Status> ended = new CompletableFuture<>();
    ClientCall<byte[], byte[]> call =
        channel.newCall(
            MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(
                    method.equals(REFLECTION)
                        ? MethodType.BIDI_STREAMING
                        : MethodType.SERVER_STREAMING)
                .setFullMethodName(method)
                .setRequestMarshaller(BYTES)
                .setResponseMarshaller(BYTES)
                .build(),
            options);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] answer) {
            if (streaming) {
              // It would go on for ever.
              ended.complete(Status.OK);
            }
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.complete(status);
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage(message);
    call.halfClose();
    if (cancelled) {
      call.cancel("the test's own", null);
      ended.complete(Status.CANCELLED);
    }
    Status status = await(ended);
    call.cancel("over", null);
    if (status == null) {
      return new Answer(method, Http2Peer.SILENT, false, "no answer in " + LIMIT_SECONDS + " s");
    }
    String code = status.getCode().name();
    return new Answer(
        method, code, allowed.contains(code), status.getDescription() + ", " + status.getCause());
  }

  private static @Nullable Status await(CompletableFuture<Status> ended) {
    try {
      return ended.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException _) {
      return null;
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return zipped.toByteArray();
  }

  private static List<byte[]> bombs() {
    return Arrays.stream(BOMB_BYTES).mapToObj(WireMutator::history).map(MessageFuzz::gzip).toList();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
