package io.saviorrec.contract;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.User;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads scoring requests from their bytes on the wire, in the trainer as in the server: numbers go
/// straight into arrays, and no object is made for a candidate.
///
/// It takes and refuses the same bytes as the parser of [ScoreRequest], with the same values, and
/// forgets fields that it does not know.
public final class RequestDecoder {
  private static final int VARINT = WireFormat.WIRETYPE_VARINT;
  private static final int FIXED64 = WireFormat.WIRETYPE_FIXED64;
  private static final int FIXED32 = WireFormat.WIRETYPE_FIXED32;
  private static final int LENGTH = WireFormat.WIRETYPE_LENGTH_DELIMITED;
  private static final int TAG_BITS = 3;

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

  private static final int USER_ID = User.USER_ID_FIELD_NUMBER << TAG_BITS | VARINT;
  private static final int PROFILE = User.PROFILE_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int HISTORY = User.HISTORY_FIELD_NUMBER << TAG_BITS;

  private static final int TIMES = User.HISTORY_TIMES_MS_FIELD_NUMBER << TAG_BITS;
  private static final int USER_KEY = User.USER_KEY_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int HISTORY_KEYS = User.HISTORY_KEYS_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int TASTE = User.TASTE_FIELD_NUMBER << TAG_BITS;

  private static final int ITEM_ID = Candidate.ITEM_ID_FIELD_NUMBER << TAG_BITS | VARINT;
  private static final int PCTR_BASE = Candidate.PCTR_BASE_FIELD_NUMBER << TAG_BITS | FIXED64;

  private static final int ITEM_KEY = Candidate.ITEM_KEY_FIELD_NUMBER << TAG_BITS | LENGTH;

  private static final int ENTRY_KEY = 1 << TAG_BITS | LENGTH;
  private static final int ENTRY_VALUE = 2 << TAG_BITS | LENGTH;
  private static final int TEXT = FeatureValue.TEXT_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int NUMBER = FeatureValue.NUMBER_FIELD_NUMBER << TAG_BITS | FIXED64;

  /// Of messages and groups in each other, as protobuf has it.
  private static final int MOST_DEPTH = 100;

  private static final int FIRST_LENGTH = 16;
  private static final long[] NO_TIMES = {};
  private static final float[] NO_TASTE = {};

  private final CodedInputStream in;
  private String requestId = "";
  private String model = "";
  private long version;
  private String bucket = "";
  private String label = "";
  private @Nullable Map<String, String> flags;
  private int priority;
  private boolean exact;
  private long userId;
  private @Nullable Map<String, FeatureValue> profile;
  private @Nullable Map<String, FeatureValue> context;
  private String userKey = "";
  private long[] history;
  private int clicks;
  private int keyClicks;
  private long[] times = NO_TIMES;
  private int timed;
  private float[] taste = NO_TASTE;
  private int tasteLength;
  private long timeMillis;
  private boolean strict;
  private int topK;

  /// Of both forms; a valid request uses one.
  private long[] candidates;

  private float[] bases;
  private int asMessages;

  /// Of candidates that came as messages; null: none of them had one.
  private @Nullable String @Nullable [] itemKeys;

  /// Packed ones, by number or by text.
  private int ids;

  private int keys;
  private int packedBases;
  private @Nullable SentHints hints;
  private @Nullable String fault;
  private int depth;

  private RequestDecoder(byte[] message, int candidateCount, int historyCount) {
    this.in = CodedInputStream.newInstance(message);
    this.candidates = new long[candidateCount];
    this.bases = new float[candidateCount];
    this.history = new long[historyCount];
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
    boolean packed = ids > 0 || packedBases > 0;
    if (packed && packedBases == 0) {
      bases = new float[ids];
      Arrays.fill(bases, Float.NaN);
    }
    checkForms();
    checkUser();
    int count = asMessages + ids;
    return new DecodedRequest(
        requestId,
        model,
        version,
        bucket,
        label,
        flags == null ? Map.of() : flags,
        priority,
        exact,
        userId,
        profile == null ? Map.of() : profile,
        context == null ? Map.of() : context,
        fitted(history, clicks),
        fitted(times, timed),
        taste.length == tasteLength ? taste : Arrays.copyOf(taste, tasteLength),
        fitted(candidates, count),
        bases.length == count ? bases : Arrays.copyOf(bases, count),
        packed,
        hints,
        itemKeys,
        timeMillis,
        strict,
        topK,
        fault,
        message);
  }

  private void checkForms() {
    if (asMessages > 0 && ids > 0) {
      fault = "candidates and candidate_ids are both set; use one of them";
    } else if (asMessages > 0 && packedBases > 0) {
      fault = "candidate_pctr_base goes with candidate_ids, and candidates is set";
    } else if (keys > 0 && ids > keys) {
      fault = "candidate_ids and candidate_keys are both set; use one of them";
    } else if (packedBases > 0 && packedBases != ids) {
      fault =
          "candidate_pctr_base has "
              + packedBases
              + " entries and candidate_ids "
              + ids
              + "; give one for each, NaN where absent, or none";
    } else if (asMessages > 0 && hints != null && hints.packed()) {
      fault =
          "candidate_stats, candidate_codes and candidate_categories go with candidate_ids, and candidates is set";
    }
  }

  private void checkUser() {
    boolean both = !userKey.isEmpty() && userId != 0;
    if (!userKey.isEmpty()) {
      userId = StringId.of(userKey);
    }
    if (fault != null) {
      return;
    }
    if (both) {
      fault = "user.user_id and user.user_key are both set; use one of them";
    } else if (keyClicks > 0 && clicks > keyClicks) {
      fault = "user.history and user.history_keys are both set; use one of them";
    } else if (timed > 0 && timed != clicks) {
      fault =
          "user.history_times_ms has "
              + timed
              + " entries and the history "
              + clicks
              + "; give one for each, or none";
    }
  }

  private void request() throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case REQUEST_ID -> requestId = in.readStringRequireUtf8();
        case MODEL -> model = in.readStringRequireUtf8();
        case VERSION -> version = in.readInt64();
        case BUCKET -> bucket = in.readStringRequireUtf8();
        case LABEL -> label = in.readStringRequireUtf8();
        case FLAGS -> flags = flag(flags);
        case USER -> user();
        case CONTEXT -> context = entry(context);
        case CANDIDATES -> candidate();
        case PRIORITY -> priority = in.readEnum();
        case EXACT -> exact = in.readBool();
        case TIME -> timeMillis = in.readInt64();
        case STRICT -> strict = in.readBool();
        case TOP_K -> topK = in.readInt32();
        case KEYS -> {
          put(idOf(in.readStringRequireUtf8(), "candidate_keys", keys++));
          ids++;
        }
        case IDS | VARINT -> id();
        case IDS | LENGTH -> {
          int outer = in.pushLimit(in.readRawVarint32());
          while (in.getBytesUntilLimit() > 0) {
            id();
          }
          in.popLimit(outer);
        }
        case BASES | FIXED32 -> base();
        case BASES | LENGTH -> {
          int outer = in.pushLimit(in.readRawVarint32());
          while (in.getBytesUntilLimit() > 0) {
            base();
          }
          in.popLimit(outer);
        }
        case STATS -> {
          int outer = enter();
          hints().packedStats(in, this::skip);
          leave(outer);
        }
        case CODES | VARINT -> hints().packedCode(in.readInt32());
        case CODES | LENGTH -> {
          int outer = in.pushLimit(in.readRawVarint32());
          while (in.getBytesUntilLimit() > 0) {
            hints().packedCode(in.readInt32());
          }
          in.popLimit(outer);
        }
        case CATEGORIES -> hints().packedCategory(in.readStringRequireUtf8());
        default -> skip(tag);
      }
    }
  }

  private SentHints hints() {
    SentHints there = hints;
    if (there == null) {
      there = new SentHints();
      hints = there;
    }
    return there;
  }

  private void user() throws IOException {
    int outer = enter();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case USER_ID -> userId = in.readInt64();
        case PROFILE -> profile = entry(profile);
        case USER_KEY -> userKey = in.readStringRequireUtf8();
        case HISTORY_KEYS -> {
          click(idOf(in.readStringRequireUtf8(), "user.history_keys", keyClicks++));
        }
        case TIMES | VARINT -> time();
        case TIMES | LENGTH -> {
          int numbers = in.pushLimit(in.readRawVarint32());
          while (in.getBytesUntilLimit() > 0) {
            time();
          }
          in.popLimit(numbers);
        }
        case TASTE | FIXED32 -> taste();
        case TASTE | LENGTH -> {
          int numbers = in.pushLimit(in.readRawVarint32());
          while (in.getBytesUntilLimit() > 0) {
            taste();
          }
          in.popLimit(numbers);
        }
        case HISTORY | VARINT -> click(in.readInt64());
        case HISTORY | LENGTH -> {
          int numbers = in.pushLimit(in.readRawVarint32());
          while (in.getBytesUntilLimit() > 0) {
            click(in.readInt64());
          }
          in.popLimit(numbers);
        }
        default -> skip(tag);
      }
    }
    leave(outer);
  }

  private void candidate() throws IOException {
    int outer = enter();
    long itemId = 0;
    String key = "";
    boolean hasBase = false;
    double base = 0;
    int codesFrom = hints == null ? 0 : hints.codeCount();
    String category = "";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case ITEM_ID -> itemId = in.readInt64();
        case ITEM_KEY -> key = in.readStringRequireUtf8();
        case PCTR_BASE -> {
          hasBase = true;
          base = in.readDouble();
        }
        case SentHints.STATS -> {
          int entry = enter();
          hints().stat(asMessages, in, this::skip);
          leave(entry);
        }
        case SentHints.CODES | VARINT -> hints().add(in.readInt32());
        case SentHints.CODES | LENGTH -> {
          int codes = in.pushLimit(in.readRawVarint32());
          while (in.getBytesUntilLimit() > 0) {
            hints().add(in.readInt32());
          }
          in.popLimit(codes);
        }
        case SentHints.CATEGORY -> {
          category = in.readStringRequireUtf8();
          hints();
        }
        default -> skip(tag);
      }
    }
    leave(outer);
    if (hints != null) {
      hints.candidate(asMessages, codesFrom, category);
    }
    // Written so that NaN fails too.
    if (hasBase && !(base >= 0 && base <= 1) && fault == null) {
      fault = "candidates[" + asMessages + "].pctr_base must be in [0, 1], was " + base;
    }
    if (!key.isEmpty()) {
      if (itemId != 0 && fault == null) {
        fault = "candidates[" + asMessages + "] has both item_id and item_key; use one of them";
      }
      itemId = StringId.of(key);
      note(key);
    }
    put(itemId);
    put(hasBase ? (float) base : Float.NaN);
    asMessages++;
  }

  private long idOf(String key, String field, int place) {
    if (key.isEmpty() && fault == null) {
      fault = field + "[" + place + "] is empty";
    }
    return StringId.of(key);
  }

  private void note(String key) {
    @Nullable String @Nullable [] before = itemKeys;
    @Nullable String[] noted =
        before == null
            ? new String[Math.max(candidates.length, roomier(asMessages))]
            : before.length <= asMessages ? Arrays.copyOf(before, roomier(asMessages)) : before;
    noted[asMessages] = key;
    itemKeys = noted;
  }

  private void id() throws IOException {
    put(in.readInt64());
    ids++;
  }

  private void base() throws IOException {
    float base = in.readFloat();
    if ((base < 0 || base > 1) && fault == null) {
      fault = "candidate_pctr_base[" + packedBases + "] must be in [0, 1] or NaN, was " + base;
    }
    put(base);
    packedBases++;
  }

  private void put(long itemId) {
    int index = asMessages + ids;
    if (index == candidates.length) {
      candidates = Arrays.copyOf(candidates, roomier(index));
    }
    candidates[index] = itemId;
  }

  private void put(float base) {
    int index = asMessages + packedBases;
    if (index == bases.length) {
      bases = Arrays.copyOf(bases, roomier(index));
    }
    bases[index] = base;
  }

  private void click(long itemId) {
    if (clicks == history.length) {
      history = Arrays.copyOf(history, roomier(clicks));
    }
    history[clicks++] = itemId;
  }

  private void time() throws IOException {
    if (timed == times.length) {
      times = Arrays.copyOf(times, Math.max(history.length, roomier(timed)));
    }
    times[timed++] = in.readInt64();
  }

  private void taste() throws IOException {
    if (tasteLength == taste.length) {
      taste = Arrays.copyOf(taste, roomier(tasteLength));
    }
    taste[tasteLength++] = in.readFloat();
  }

  private static int roomier(int length) {
    return Math.max(FIRST_LENGTH, 2 * length);
  }

  private static long[] fitted(long[] numbers, int length) {
    return numbers.length == length ? numbers : Arrays.copyOf(numbers, length);
  }

  /// One more flag.
  private Map<String, String> flag(@Nullable Map<String, String> before) throws IOException {
    int outer = enter();
    String key = "";
    String value = "";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case ENTRY_KEY -> key = in.readStringRequireUtf8();
        case ENTRY_VALUE -> value = in.readStringRequireUtf8();
        default -> skip(tag);
      }
    }
    leave(outer);
    Map<String, String> map = before == null ? new HashMap<>() : before;
    map.put(key, value);
    return map;
  }

  /// One more feature.
  private Map<String, FeatureValue> entry(@Nullable Map<String, FeatureValue> before)
      throws IOException {
    int outer = enter();
    String key = "";
    FeatureValue value = FeatureValue.getDefaultInstance();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case ENTRY_KEY -> key = in.readStringRequireUtf8();
        case ENTRY_VALUE -> value = value(value);
        default -> skip(tag);
      }
    }
    leave(outer);
    Map<String, FeatureValue> map = before == null ? new HashMap<>() : before;
    map.put(key, value);
    return map;
  }

  /// A value; one that says nothing leaves what was there before.
  private FeatureValue value(FeatureValue before) throws IOException {
    int outer = enter();
    FeatureValue value = before;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case TEXT -> value = FeatureValue.newBuilder().setText(in.readStringRequireUtf8()).build();
        case NUMBER -> value = FeatureValue.newBuilder().setNumber(in.readDouble()).build();
        default -> skip(tag);
      }
    }
    leave(outer);
    return value;
  }

  /// Begins a message inside this one.
  private int enter() throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    depth++;
    var _ = in.setRecursionLimit(MOST_DEPTH - depth);
    return outer;
  }

  private void leave(int outer) {
    in.popLimit(outer);
    depth--;
    var _ = in.setRecursionLimit(MOST_DEPTH - depth);
  }

  private void skip(int tag) throws IOException {
    if (!in.skipField(tag)) {
      throw new InvalidProtocolBufferException("the end of a group that did not begin");
    }
  }
}
