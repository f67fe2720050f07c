package io.saviorrec.contract;

import static io.saviorrec.contract.WireReader.FIXED64;
import static io.saviorrec.contract.WireReader.LENGTH;
import static io.saviorrec.contract.WireReader.TAG_BITS;
import static io.saviorrec.contract.WireReader.VARINT;

import com.google.protobuf.CodedInputStream;
import io.saviorrec.proto.v1.Candidate;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The candidates of a request, as they were sent: as messages, or as packed arrays. A valid
/// request uses one of these forms; of one that uses both it is known that it does.
final class SentCandidates {
  private static final int ITEM_ID = Candidate.ITEM_ID_FIELD_NUMBER << TAG_BITS | VARINT;
  private static final int PCTR_BASE = Candidate.PCTR_BASE_FIELD_NUMBER << TAG_BITS | FIXED64;
  private static final int ITEM_KEY = Candidate.ITEM_KEY_FIELD_NUMBER << TAG_BITS | LENGTH;

  /// Of both forms.
  private long[] items;

  private float[] bases;
  private int asMessages;

  /// Of candidates that came as messages; null: none of them had one.
  private @Nullable String @Nullable [] itemKeys;

  /// Packed ones, by number or by text.
  private int ids;

  private int keys;
  private int packedBases;
  private @Nullable SentHints hints;

  /// @param count how many there are, as far as is known
  SentCandidates(int count) {
    this.items = new long[count];
    this.bases = new float[count];
  }

  /// Reads a candidate that comes as a message.
  void candidate(WireReader wire) throws IOException {
    CodedInputStream in = wire.in;
    int outer = wire.enter();
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
        case SentHints.STATS -> hints().stat(asMessages, wire);
        case SentHints.CODES | VARINT -> hints().add(in.readInt32());
        case SentHints.CODES | LENGTH -> {
          int codes = wire.enterNumbers();
          while (wire.moreNumbers()) {
            hints().add(in.readInt32());
          }
          wire.leaveNumbers(codes);
        }
        case SentHints.CATEGORY -> {
          category = in.readStringRequireUtf8();
          var _ = hints();
        }
        default -> wire.skip(tag);
      }
    }
    wire.leave(outer);
    if (hints != null) {
      hints.candidate(asMessages, codesFrom, category);
    }
    // Written so that NaN fails too.
    if (hasBase && !(base >= 0 && base <= 1) && wire.sound()) {
      wire.fault("candidates[" + asMessages + "].pctr_base must be in [0, 1], was " + base);
    }
    if (!key.isEmpty()) {
      if (itemId != 0 && wire.sound()) {
        wire.fault("candidates[" + asMessages + "] has both item_id and item_key; use one of them");
      }
      itemId = StringId.of(key);
      note(key);
    }
    put(itemId);
    put(hasBase ? (float) base : Float.NaN);
    asMessages++;
  }

  private void note(String key) {
    @Nullable String @Nullable [] before = itemKeys;
    @Nullable String[] noted =
        before == null
            ? new String[Math.max(items.length, WireReader.roomier(asMessages))]
            : before.length <= asMessages
                ? Arrays.copyOf(before, WireReader.roomier(asMessages))
                : before;
    noted[asMessages] = key;
    itemKeys = noted;
  }

  /// One more packed candidate.
  void id(long itemId) {
    put(itemId);
    ids++;
  }

  /// Packed candidates, one behind the other.
  void ids(WireReader wire) throws IOException {
    CodedInputStream in = wire.in;
    int outer = wire.enterNumbers();
    while (in.getBytesUntilLimit() > 0) {
      put(in.readInt64());
      ids++;
    }
    wire.leaveNumbers(outer);
  }

  /// One more packed candidate by its text.
  void key(WireReader wire) throws IOException {
    id(wire.itemId("candidate_keys", keys++));
  }

  /// One more packed base.
  void base(float base, WireReader wire) {
    if ((base < 0 || base > 1) && wire.sound()) {
      wire.fault("candidate_pctr_base[" + packedBases + "] must be in [0, 1] or NaN, was " + base);
    }
    put(base);
    packedBases++;
  }

  /// Packed bases, one behind the other.
  void bases(WireReader wire) throws IOException {
    CodedInputStream in = wire.in;
    int outer = wire.enterNumbers();
    while (in.getBytesUntilLimit() > 0) {
      base(in.readFloat(), wire);
    }
    wire.leaveNumbers(outer);
  }

  private void put(long itemId) {
    int index = asMessages + ids;
    if (index == items.length) {
      items = Arrays.copyOf(items, WireReader.roomier(index));
    }
    items[index] = itemId;
  }

  private void put(float base) {
    int index = asMessages + packedBases;
    if (index == bases.length) {
      bases = Arrays.copyOf(bases, WireReader.roomier(index));
    }
    bases[index] = base;
  }

  /// What else is said of them, which there is from now on.
  SentHints hints() {
    SentHints there = hints;
    if (there == null) {
      there = new SentHints();
      hints = there;
    }
    return there;
  }

  /// Notes which fields do not go with each other.
  void check(WireReader wire) {
    if (asMessages > 0 && ids > 0) {
      wire.fault("candidates and candidate_ids are both set; use one of them");
    } else if (asMessages > 0 && packedBases > 0) {
      wire.fault("candidate_pctr_base goes with candidate_ids, and candidates is set");
    } else if (keys > 0 && ids > keys) {
      wire.fault("candidate_ids and candidate_keys are both set; use one of them");
    } else if (packedBases > 0 && packedBases != ids) {
      wire.fault(
          "candidate_pctr_base has "
              + packedBases
              + " entries and candidate_ids "
              + ids
              + "; give one for each, NaN where absent, or none");
    } else if (asMessages > 0 && hints != null && hints.packed()) {
      wire.fault(
          "candidate_stats, candidate_codes and candidate_categories go with candidate_ids, and"
              + " candidates is set");
    }
  }

  boolean packed() {
    return ids > 0 || packedBases > 0;
  }

  long[] items() {
    return WireReader.fitted(items, asMessages + ids);
  }

  /// One for each; NaN where there is none.
  float[] bases() {
    int count = asMessages + ids;
    if (packed() && packedBases == 0) {
      float[] none = new float[count];
      Arrays.fill(none, Float.NaN);
      return none;
    }
    return bases.length == count ? bases : Arrays.copyOf(bases, count);
  }

  @Nullable SentHints sentHints() {
    return hints;
  }

  @Nullable String @Nullable [] itemKeys() {
    return itemKeys;
  }
}
