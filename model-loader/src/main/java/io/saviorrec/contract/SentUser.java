package io.saviorrec.contract;

import static io.saviorrec.contract.WireReader.FIXED32;
import static io.saviorrec.contract.WireReader.LENGTH;
import static io.saviorrec.contract.WireReader.TAG_BITS;
import static io.saviorrec.contract.WireReader.VARINT;

import com.google.protobuf.CodedInputStream;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.User;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a request says of its user, as it was sent.
final class SentUser {
  private static final int USER_ID = User.USER_ID_FIELD_NUMBER << TAG_BITS | VARINT;
  private static final int PROFILE = User.PROFILE_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int HISTORY = User.HISTORY_FIELD_NUMBER << TAG_BITS;
  private static final int TIMES = User.HISTORY_TIMES_MS_FIELD_NUMBER << TAG_BITS;
  private static final int USER_KEY = User.USER_KEY_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int HISTORY_KEYS = User.HISTORY_KEYS_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int TASTE = User.TASTE_FIELD_NUMBER << TAG_BITS;

  private static final long[] NO_TIMES = {};
  private static final float[] NO_TASTE = {};

  private long userId;
  private String userKey = "";
  private @Nullable Map<String, FeatureValue> profile;

  /// Of both forms; a valid request uses one.
  private long[] history;

  private int clicks;
  private int keyClicks;
  private long[] times = NO_TIMES;
  private int timed;
  private float[] taste = NO_TASTE;
  private int tasteLength;

  /// @param historyCount clicks of its history, as far as is known
  SentUser(int historyCount) {
    this.history = new long[historyCount];
  }

  /// Reads the message, of which there may be several, each with a part.
  void read(WireReader wire) throws IOException {
    CodedInputStream in = wire.in;
    int outer = wire.enter();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case USER_ID -> userId = in.readInt64();
        case PROFILE -> profile = wire.feature(profile);
        case USER_KEY -> userKey = in.readStringRequireUtf8();
        case HISTORY_KEYS -> click(wire.itemId("user.history_keys", keyClicks++));
        case TIMES | VARINT -> time(in.readInt64());
        case TIMES | LENGTH -> {
          int numbers = wire.enterNumbers();
          while (wire.moreNumbers()) {
            time(in.readInt64());
          }
          wire.leaveNumbers(numbers);
        }
        case TASTE | FIXED32 -> taste(in.readFloat());
        case TASTE | LENGTH -> {
          int numbers = wire.enterNumbers();
          while (wire.moreNumbers()) {
            taste(in.readFloat());
          }
          wire.leaveNumbers(numbers);
        }
        case HISTORY | VARINT -> click(in.readInt64());
        case HISTORY | LENGTH -> {
          int numbers = wire.enterNumbers();
          while (wire.moreNumbers()) {
            click(in.readInt64());
          }
          wire.leaveNumbers(numbers);
        }
        default -> wire.skip(tag);
      }
    }
    wire.leave(outer);
  }

  private void click(long itemId) {
    if (clicks == history.length) {
      history = Arrays.copyOf(history, WireReader.roomier(clicks));
    }
    history[clicks++] = itemId;
  }

  private void time(long millis) {
    if (timed == times.length) {
      times = Arrays.copyOf(times, Math.max(history.length, WireReader.roomier(timed)));
    }
    times[timed++] = millis;
  }

  private void taste(float number) {
    if (tasteLength == taste.length) {
      taste = Arrays.copyOf(taste, WireReader.roomier(tasteLength));
    }
    taste[tasteLength++] = number;
  }

  /// Notes which fields do not go with each other, unless something else is wrong already.
  void check(WireReader wire) {
    if (!wire.sound()) {
      return;
    }
    if (!userKey.isEmpty() && userId != 0) {
      wire.fault("user.user_id and user.user_key are both set; use one of them");
    } else if (keyClicks > 0 && clicks > keyClicks) {
      wire.fault("user.history and user.history_keys are both set; use one of them");
    } else if (timed > 0 && timed != clicks) {
      wire.fault(
          "user.history_times_ms has "
              + timed
              + " entries and the history "
              + clicks
              + "; give one for each, or none");
    }
  }

  long id() {
    return userKey.isEmpty() ? userId : StringId.of(userKey);
  }

  Map<String, FeatureValue> profile() {
    return profile == null ? Map.of() : profile;
  }

  long[] history() {
    return WireReader.fitted(history, clicks);
  }

  long[] times() {
    return WireReader.fitted(times, timed);
  }

  float[] taste() {
    return taste.length == tasteLength ? taste : Arrays.copyOf(taste, tasteLength);
  }
}
