package io.saviorrec.contract;

import static io.saviorrec.contract.WireReader.FIXED32;
import static io.saviorrec.contract.WireReader.LENGTH;
import static io.saviorrec.contract.WireReader.TAG_BITS;
import static io.saviorrec.contract.WireReader.VARINT;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads scoring requests from their bytes on the wire, in the trainer as in the server: numbers go
/// straight into arrays, and no object is made for a candidate.
///
/// It takes and refuses the same bytes as the parser of [ScoreRequest], with the same values, and
/// forgets fields that it does not know.
public final class RequestDecoder {
  private static final int REQUEST_ID = ScoreRequest.REQUEST_ID_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int MODEL = ScoreRequest.MODEL_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int VERSION = ScoreRequest.VERSION_FIELD_NUMBER << TAG_BITS | VARINT;
  private static final int BUCKET = ScoreRequest.BUCKET_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int USER = ScoreRequest.USER_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int CONTEXT = ScoreRequest.CONTEXT_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int CANDIDATES = ScoreRequest.CANDIDATES_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int PRIORITY = ScoreRequest.PRIORITY_FIELD_NUMBER << TAG_BITS | VARINT;
  private static final int EXACT = ScoreRequest.EXACT_FIELD_NUMBER << TAG_BITS | VARINT;
  private static final int LABEL = ScoreRequest.LABEL_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int FLAGS = ScoreRequest.FLAGS_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int IDS = ScoreRequest.CANDIDATE_IDS_FIELD_NUMBER << TAG_BITS;
  private static final int BASES = ScoreRequest.CANDIDATE_PCTR_BASE_FIELD_NUMBER << TAG_BITS;
  private static final int STATS = ScoreRequest.CANDIDATE_STATS_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int CODES = ScoreRequest.CANDIDATE_CODES_FIELD_NUMBER << TAG_BITS;
  private static final int CATEGORIES =
      ScoreRequest.CANDIDATE_CATEGORIES_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int TIME = ScoreRequest.TIME_MS_FIELD_NUMBER << TAG_BITS | VARINT;
  private static final int STRICT = ScoreRequest.STRICT_FIELD_NUMBER << TAG_BITS | VARINT;
  private static final int TOP_K = ScoreRequest.TOP_K_FIELD_NUMBER << TAG_BITS | VARINT;
  private static final int KEYS = ScoreRequest.CANDIDATE_KEYS_FIELD_NUMBER << TAG_BITS | LENGTH;

  private final WireReader wire;
  private final SentUser user;
  private final SentCandidates candidates;
  private String requestId = "";
  private String model = "";
  private long version;
  private String bucket = "";
  private String label = "";
  private @Nullable Map<String, String> flags;
  private int priority;
  private boolean exact;
  private @Nullable Map<String, FeatureValue> context;
  private long timeMillis;
  private boolean strict;
  private int topK;

  private RequestDecoder(byte[] message, int candidateCount, int historyCount) {
    this.wire = new WireReader(message);
    this.user = new SentUser(historyCount);
    this.candidates = new SentCandidates(candidateCount);
  }

  /// The request that these bytes are.
  ///
  /// @param message kept, and not to be changed any more
  /// @param candidateCount how many candidates it has, as far as is known
  /// @param historyCount the same of its history
  /// @throws InvalidProtocolBufferException when they are none
  public static DecodedRequest decode(byte[] message, int candidateCount, int historyCount)
      throws InvalidProtocolBufferException {
    RequestDecoder decoder = new RequestDecoder(message, candidateCount, historyCount);
    try {
      decoder.request();
    } catch (InvalidProtocolBufferException e) {
      throw e;
    } catch (IOException e) {
      throw new InvalidProtocolBufferException(e);
    }
    return decoder.decoded(message);
  }

  /// A request that is an object already.
  public static DecodedRequest decode(ScoreRequest request) {
    try {
      return decode(
          request.toByteArray(),
          request.getCandidatesCount()
              + request.getCandidateIdsCount()
              + request.getCandidateKeysCount(),
          request.getUser().getHistoryCount() + request.getUser().getHistoryKeysCount());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a request that was just written cannot be read", e);
    }
  }

  private DecodedRequest decoded(byte[] message) {
    candidates.check(wire);
    user.check(wire);
    return new DecodedRequest(
        requestId,
        model,
        version,
        bucket,
        label,
        flags == null ? Map.of() : flags,
        priority,
        exact,
        user.id(),
        user.profile(),
        context == null ? Map.of() : context,
        user.history(),
        user.times(),
        user.taste(),
        candidates.items(),
        candidates.bases(),
        candidates.packed(),
        candidates.sentHints(),
        candidates.itemKeys(),
        timeMillis,
        strict,
        topK,
        wire.fault(),
        message);
  }

  private void request() throws IOException {
    CodedInputStream in = wire.in;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case REQUEST_ID -> requestId = in.readStringRequireUtf8();
        case MODEL -> model = in.readStringRequireUtf8();
        case VERSION -> version = in.readInt64();
        case BUCKET -> bucket = in.readStringRequireUtf8();
        case LABEL -> label = in.readStringRequireUtf8();
        case FLAGS -> flags = wire.flag(flags);
        case USER -> user.read(wire);
        case CONTEXT -> context = wire.feature(context);
        case CANDIDATES -> candidates.candidate(wire);
        case PRIORITY -> priority = in.readEnum();
        case EXACT -> exact = in.readBool();
        case TIME -> timeMillis = in.readInt64();
        case STRICT -> strict = in.readBool();
        case TOP_K -> topK = in.readInt32();
        default -> packed(tag, in);
      }
    }
  }

  /// Fields of packed candidates.
  private void packed(int tag, CodedInputStream in) throws IOException {
    switch (tag) {
      case KEYS -> candidates.key(wire);
      case IDS | VARINT -> candidates.id(in.readInt64());
      case IDS | LENGTH -> candidates.ids(wire);
      case BASES | FIXED32 -> candidates.base(in.readFloat(), wire);
      case BASES | LENGTH -> candidates.bases(wire);
      case STATS -> candidates.hints().packedStats(wire);
      case CODES | VARINT -> candidates.hints().packedCode(in.readInt32());
      case CODES | LENGTH -> {
        int outer = wire.enterNumbers();
        while (wire.moreNumbers()) {
          candidates.hints().packedCode(in.readInt32());
        }
        wire.leaveNumbers(outer);
      }
      case CATEGORIES -> candidates.hints().packedCategory(in.readStringRequireUtf8());
      default -> wire.skip(tag);
    }
  }
}
