package io.saviorrec.server.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthGrpc;
import io.saviorrec.proto.oip.GRPCInferenceServiceGrpc;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.config.LimitsConfig;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.request.RequestException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// What a method takes, and how its messages are read.
///
/// @param name of the method
/// @param counted whether its calls count in `limits.inFlightBytes`
/// @param unary whether it takes one message and gives one, within `limits.longestCall`
/// @param mostBytes the longest message, decompressed
/// @param bytesKey the setting that says so
/// @param shape what a message may hold
/// @param decoder makes an object of a message
record MethodRules(
    String name,
    boolean counted,
    boolean unary,
    int mostBytes,
    String bytesKey,
    MessageShape shape,
    Decoder decoder) {
  /// Slots of the limits of a scoring request.
  private static final int REQUEST_ID = 0;

  private static final int CANDIDATES = 1;
  private static final int HISTORY = 2;
  private static final int FEATURES = 3;
  private static final int USERS = 4;
  private static final int CANDIDATE_IDS = 5;
  private static final int CANDIDATE_BASES = 6;
  private static final int STAT_COLUMNS = 7;
  private static final int STAT_VALUES = 8;
  private static final int CODES = 9;
  private static final int CATEGORIES = 10;
  private static final int OWN_STATS = 11;
  private static final int OWN_CODES = 12;
  private static final int CANDIDATE_KEYS = 13;
  private static final int HISTORY_KEYS = 14;
  private static final int HISTORY_TIMES = 15;
  private static final int REQUESTS = 16;
  private static final int TASTE = 17;

  /// More than the numbers of any model's taste profiles.
  private static final int MOST_TASTE = 4096;

  /// More than the levels of any model.
  private static final int MOST_CODES = 16;

  /// A feature of a map: the entry, its key and value, and the value's own object.
  private static final int ENTRY_HEAP = 200;

  /// The name of a service.
  private static final int HEALTH_BYTES = 1 << 10;

  private static final int MESSAGE_HEAP = 100;

  /// An id, and its copies on the way to the model.
  private static final int NUMBER_HEAP = 32;

  /// A code and its copies.
  private static final int CODE_HEAP = 16;

  /// An item whose representation is looked up, with its title.
  private static final int LOOKUP_HEAP = 500;

  /// An item with its results, without its image and texts.
  private static final int ITEM_HEAP = 1000;

  /// Makes an object of the bytes of a message, as a stream that the method's own marshaller takes
  /// it from.
  @FunctionalInterface
  interface Decoder {
    /// The message as that stream.
    ///
    /// @param body whose counts are within the rules
    InputStream decode(byte[] body, MessageShape.Counts counts)
        throws InvalidProtocolBufferException;
  }

  /// The rules of every method of these services by their names.
  static Map<String, MethodRules> of(
      ServerConfig config, Iterable<ServerServiceDefinition> services) {
    Map<String, MethodRules> rules = new HashMap<>();
    for (ServerServiceDefinition service : services) {
      for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
        MethodDescriptor<?, ?> descriptor = method.getMethodDescriptor();
        rules.put(descriptor.getFullMethodName(), of(config, descriptor));
      }
    }
    return Map.copyOf(rules);
  }

  private static MethodRules of(ServerConfig config, MethodDescriptor<?, ?> method) {
    LimitsConfig limits = config.limits();
    String name = method.getFullMethodName();
    if (name.equals(ScoringGrpc.getScoreMethod().getFullMethodName())) {
      return of(
          method,
          limits.scoreBytes(),
          "limits.scoreBytes",
          score(config),
          MethodRules::decodeScore);
    }
    if (name.equals(ScoringGrpc.getScoreUsersMethod().getFullMethodName())) {
      return of(method, limits.scoreBytes(), "limits.scoreBytes", users(config));
    }
    if (name.equals(ScoringGrpc.getScoreStreamMethod().getFullMethodName())) {
      return of(method, limits.scoreBytes(), "limits.scoreBytes", streamed(config));
    }
    if (name.equals(ItemsGrpc.getUpsertItemsMethod().getFullMethodName())) {
      return of(method, limits.upsertBytes(), "limits.upsertBytes", upsert(config));
    }
    if (name.equals(ItemsGrpc.getUpdateStatsMethod().getFullMethodName())) {
      return of(method, limits.upsertBytes(), "limits.upsertBytes", statistics(config));
    }
    if (name.equals(ItemsGrpc.getDeleteItemsMethod().getFullMethodName())) {
      return of(method, limits.upsertBytes(), "limits.upsertBytes", deletion(config));
    }
    if (name.equals(ItemsGrpc.getGetItemsMethod().getFullMethodName())) {
      return of(method, limits.lookupBytes(), "limits.lookupBytes", lookup(config));
    }
    if (name.equals(GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName())) {
      return of(method, limits.scoreBytes(), "limits.scoreBytes", InferenceShape.of(config));
    }
    if (name.equals(HealthGrpc.getCheckMethod().getFullMethodName())
        || InferenceService.HEALTH.contains(name)) {
      return health(method);
    }
    return of(method, limits.lookupBytes(), "limits.lookupBytes", new MessageShape());
  }

  /// A server without memory for another call must still say that it is well.
  private static MethodRules health(MethodDescriptor<?, ?> method) {
    MethodRules rules = of(method, HEALTH_BYTES, "the limit of health checks,", new MessageShape());
    return new MethodRules(
        rules.name, false, true, rules.mostBytes, rules.bytesKey, rules.shape, rules.decoder);
  }

  private static MethodRules of(
      MethodDescriptor<?, ?> method, int mostBytes, String bytesKey, MessageShape shape) {
    return of(method, mostBytes, bytesKey, shape, parser(method.getRequestMarshaller()));
  }

  private static MethodRules of(
      MethodDescriptor<?, ?> method,
      int mostBytes,
      String bytesKey,
      MessageShape shape,
      Decoder decoder) {
    return new MethodRules(
        method.getFullMethodName(),
        true,
        method.getType() == MethodDescriptor.MethodType.UNARY,
        mostBytes,
        bytesKey,
        shape,
        decoder);
  }

  /// Uses the parser of generated messages.
  private static <T> Decoder parser(MethodDescriptor.Marshaller<T> messages) {
    PrototypeMarshaller<T> known = (PrototypeMarshaller<T>) messages;
    Message prototype =
        (Message) Objects.requireNonNull(known.getMessagePrototype(), "of generated code");
    Parser<? extends Message> parser =
        DiscardUnknownFieldsParser.wrap(prototype.getParserForType());
    return (body, _) -> {
      // Nobody changes these bytes any more, so pictures need not be copied out of them.
      CodedInputStream in = UnsafeByteOperations.unsafeWrap(body).newCodedInput();
      in.enableAliasing(true);
      Message message = parser.parseFrom(in);
      in.checkLastTagWas(0);
      return messages.stream(known.getMessageClass().cast(message));
    };
  }

  private static InputStream decodeScore(byte[] body, MessageShape.Counts counts)
      throws InvalidProtocolBufferException {
    int[] elements = counts.elements();
    return ScoreMarshalling.decoded(
        body,
        elements[CANDIDATES] + elements[CANDIDATE_IDS] + elements[CANDIDATE_KEYS],
        elements[HISTORY] + elements[HISTORY_KEYS]);
  }

  private static MessageShape score(ServerConfig config) {
    LimitsConfig limits = config.limits();
    MessageShape.Limit requestId =
        new MessageShape.Limit(
            REQUEST_ID, "request_id", "limits.requestIdChars", limits.requestIdChars(), 0);
    MessageShape.Limit history = clicks(config, HISTORY, "user.history");
    MessageShape.Limit features =
        new MessageShape.Limit(
            FEATURES,
            "context, flags and user.profile",
            "limits.mapEntries",
            limits.mapEntries(),
            ENTRY_HEAP);
    // Several users are merged to one, so what they hold counts together.
    MessageShape.Limit users =
        new MessageShape.Limit(USERS, "user", "none", Integer.MAX_VALUE, MESSAGE_HEAP);
    MessageShape user =
        new MessageShape()
            .messages(2, features)
            .numbers(3, history)
            .numbers(4, clicks(config, HISTORY_TIMES, "user.history_times_ms"))
            .messages(6, clicks(config, HISTORY_KEYS, "user.history_keys"))
            .floats(
                7,
                new MessageShape.Limit(
                    TASTE, "user.taste", "that of any model", MOST_TASTE, CODE_HEAP));
    return new MessageShape()
        .text(1, requestId)
        .messages(5, users, user)
        .messages(6, features)
        .messages(7, candidates(config, CANDIDATES, "candidates"), candidate(limits))
        .numbers(10, candidates(config, CANDIDATE_IDS, "candidate_ids"))
        .floats(11, candidates(config, CANDIDATE_BASES, "candidate_pctr_base"))
        .messages(13, features)
        .messages(
            17,
            new MessageShape.Limit(
                STAT_COLUMNS,
                "candidate_stats",
                "limits.mapEntries",
                limits.mapEntries(),
                MESSAGE_HEAP),
            new MessageShape()
                .floats(2, candidates(config, STAT_VALUES, "candidate_stats.values"))
                .perElement())
        .numbers(
            18,
            new MessageShape.Limit(
                CODES,
                "candidate_codes",
                MOST_CODES + " * scoring.maxCandidates",
                MOST_CODES * config.scoring().maxCandidates(),
                CODE_HEAP))
        .messages(
            19,
            new MessageShape.Limit(
                CATEGORIES,
                "candidate_categories",
                "scoring.maxCandidates",
                config.scoring().maxCandidates(),
                MESSAGE_HEAP))
        .messages(20, candidates(config, CANDIDATE_KEYS, "candidate_keys"));
  }

  /// All requests of one call have together what one may have.
  private static MessageShape users(ServerConfig config) {
    return new MessageShape()
        .messages(
            1,
            new MessageShape.Limit(
                REQUESTS,
                "requests",
                "scoring.maxUsers",
                config.scoring().maxUsers(),
                MESSAGE_HEAP),
            score(config));
  }

  private static MessageShape streamed(ServerConfig config) {
    return new MessageShape()
        .messages(
            2,
            new MessageShape.Limit(REQUESTS, "request", "none", Integer.MAX_VALUE, MESSAGE_HEAP),
            score(config));
  }

  private static MessageShape.Limit clicks(ServerConfig config, int slot, String name) {
    return new MessageShape.Limit(
        slot, name, "limits.history", config.limits().history(), NUMBER_HEAP);
  }

  /// What a candidate says beside id and base.
  private static MessageShape candidate(LimitsConfig limits) {
    return new MessageShape()
        .messages(
            3,
            new MessageShape.Limit(
                OWN_STATS,
                "stats of a candidate",
                "limits.mapEntries",
                limits.mapEntries(),
                ENTRY_HEAP))
        .numbers(
            4,
            new MessageShape.Limit(
                OWN_CODES, "codes of a candidate", "that of any model", MOST_CODES, CODE_HEAP))
        .perElement();
  }

  private static MessageShape.Limit candidates(ServerConfig config, int slot, String name) {
    return new MessageShape.Limit(
        slot, name, "scoring.maxCandidates", config.scoring().maxCandidates(), NUMBER_HEAP);
  }

  private static MessageShape upsert(ServerConfig config) {
    LimitsConfig limits = config.limits();
    MessageShape.Limit items =
        new MessageShape.Limit(
            0, "items", "items.maxUpsertBatch", config.items().maxUpsertBatch(), ITEM_HEAP);
    MessageShape.Limit entries =
        new MessageShape.Limit(
            1, "stats and features", "limits.mapEntries", limits.mapEntries(), ENTRY_HEAP);
    return new MessageShape()
        .messages(
            1, items, new MessageShape().messages(6, entries).messages(7, entries).perElement());
  }

  private static MessageShape statistics(ServerConfig config) {
    MessageShape.Limit columns =
        new MessageShape.Limit(
            1, "columns", "limits.mapEntries", config.limits().mapEntries(), MESSAGE_HEAP);
    MessageShape.Limit values =
        new MessageShape.Limit(
            2, "columns.values", "items.maxStatsBatch", config.items().maxStatsBatch(), ENTRY_HEAP);
    return new MessageShape()
        .numbers(1, changed(config))
        .messages(2, columns, new MessageShape().floats(2, values).perElement())
        .messages(4, changed(config));
  }

  private static MessageShape deletion(ServerConfig config) {
    return new MessageShape().numbers(1, changed(config)).messages(2, changed(config));
  }

  private static MessageShape.Limit changed(ServerConfig config) {
    return new MessageShape.Limit(
        0, "item_ids", "items.maxStatsBatch", config.items().maxStatsBatch(), ITEM_HEAP);
  }

  private static MessageShape lookup(ServerConfig config) {
    MessageShape.Limit items =
        new MessageShape.Limit(
            0, "item_ids", "scoring.maxCandidates", config.scoring().maxCandidates(), LOOKUP_HEAP);
    return new MessageShape().numbers(1, items).messages(3, items);
  }

  RequestException tooLong() {
    return RequestException.invalid(
        "the message is longer than " + bytesKey + " = " + mostBytes + " bytes");
  }
}
