package io.saviorrec.contract;

import static io.saviorrec.contract.WireReader.ENTRY_KEY;
import static io.saviorrec.contract.WireReader.FIXED32;
import static io.saviorrec.contract.WireReader.LENGTH;
import static io.saviorrec.contract.WireReader.TAG_BITS;
import static io.saviorrec.contract.WireReader.roomier;

import com.google.protobuf.CodedInputStream;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.StatColumn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a request says of its candidates beside their ids and bases, as it was sent: semantic IDs,
/// categories and statistics, which [CandidateHints] are made of.
public final class SentHints {
  static final int STATS = Candidate.STATS_FIELD_NUMBER << TAG_BITS | LENGTH;
  static final int CATEGORY = Candidate.CATEGORY_FIELD_NUMBER << TAG_BITS | LENGTH;
  static final int CODES = Candidate.CODES_FIELD_NUMBER << TAG_BITS;

  private static final int ENTRY_VALUE = 2 << TAG_BITS | FIXED32;
  private static final int COLUMN_NAME = StatColumn.NAME_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int COLUMN_VALUES = StatColumn.VALUES_FIELD_NUMBER << TAG_BITS;

  /// Of all candidates, one behind the other.
  private int[] codes = {};

  private int codeCount;
  private final List<String> categories = new ArrayList<>();
  private final List<Stats> stats = new ArrayList<>();

  /// By candidate, where they came as messages: which codes are its own, and which category. Empty
  /// in the packed form.
  private final List<Told> told = new ArrayList<>();

  private boolean packed;

  /// Values of one statistic: of the candidates from this one on.
  ///
  /// @param whole whether there must be one for each candidate
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Stats(String name, int first, float[] values, boolean whole) {}

  /// Codes `[from, to)` and the category of one candidate.
  private record Told(int candidate, int from, int to, String category) {}

  /// Whether a field was there that goes with packed candidates.
  boolean packed() {
    return packed;
  }

  /// A code of the packed form.
  void packedCode(int code) {
    packed = true;
    add(code);
  }

  /// A category of the packed form.
  void packedCategory(String category) {
    packed = true;
    categories.add(category);
  }

  /// A column of the packed form.
  void packedStats(WireReader wire) throws IOException {
    packed = true;
    CodedInputStream in = wire.in;
    int message = wire.enter();
    String name = "";
    float[] values = {};
    int count = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case COLUMN_NAME -> name = in.readStringRequireUtf8();
        case COLUMN_VALUES | FIXED32 -> {
          values = count == values.length ? Arrays.copyOf(values, roomier(count)) : values;
          values[count++] = in.readFloat();
        }
        case COLUMN_VALUES | LENGTH -> {
          int outer = wire.enterNumbers();
          while (wire.moreNumbers()) {
            values = count == values.length ? Arrays.copyOf(values, roomier(count)) : values;
            values[count++] = in.readFloat();
          }
          wire.leaveNumbers(outer);
        }
        default -> wire.skip(tag);
      }
    }
    wire.leave(message);
    stats.add(new Stats(name, 0, Arrays.copyOf(values, count), true));
  }

  /// A statistic of one candidate.
  void stat(int candidate, WireReader wire) throws IOException {
    CodedInputStream in = wire.in;
    int entry = wire.enter();
    String name = "";
    float value = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case ENTRY_KEY -> name = in.readStringRequireUtf8();
        case ENTRY_VALUE -> value = in.readFloat();
        default -> wire.skip(tag);
      }
    }
    wire.leave(entry);
    stats.add(new Stats(name, candidate, new float[] {value}, false));
  }

  /// Codes so far, which is where the next candidate's begin.
  int codeCount() {
    return codeCount;
  }

  /// A code of the candidate that is read.
  void add(int code) {
    codes = codeCount == codes.length ? Arrays.copyOf(codes, roomier(codeCount)) : codes;
    codes[codeCount++] = code;
  }

  /// Ends a candidate that came as a message.
  void candidate(int candidate, int codesFrom, String category) {
    if (codeCount > codesFrom || !category.isEmpty()) {
      told.add(new Told(candidate, codesFrom, codeCount, category));
    }
  }

  /// Their arrays for a model.
  ///
  /// @param count of candidates
  /// @param unused gets the names of what the model does not have
  /// @throws io.saviorrec.feature.FeatureException naming the field and what is wrong with it
  CandidateHints encode(HintRules rules, int count, List<String> unused) {
    CandidateHints hints =
        new CandidateHints(codes(rules, count), categories(rules, count), stats(rules, count));
    stats.stream()
        .map(Stats::name)
        .filter(name -> rules.stat(name) < 0)
        .distinct()
        .sorted()
        .forEach(name -> unused.add("candidate_stats." + name));
    if (!rules.hasCategory() && hasCategory()) {
      unused.add("candidate_categories");
    }
    return hints;
  }

  private boolean hasCategory() {
    return categories.stream().anyMatch(category -> !category.isEmpty())
        || told.stream().anyMatch(each -> !each.category.isEmpty());
  }

  private int @Nullable [] codes(HintRules rules, int count) {
    if (codeCount == 0) {
      return null;
    }
    int levels = rules.levels();
    if (packed) {
      rules.requireCount("candidate_codes", codeCount, levels, count);
      int[] all = Arrays.copyOf(codes, codeCount);
      for (int i = 0; i < count; i++) {
        rules.checkCodes("candidate_codes", i, all, i * levels);
      }
      return all;
    }
    int[] all = new int[count * levels];
    Arrays.fill(all, -1);
    for (Told each : told) {
      if (each.to > each.from) {
        String field = "candidates[" + each.candidate + "].codes";
        rules.requireCount(field, each.to - each.from, levels, 1);
        System.arraycopy(codes, each.from, all, each.candidate * levels, levels);
        rules.checkCodes(field, each.candidate, all, each.candidate * levels);
      }
    }
    return all;
  }

  private long @Nullable [] categories(HintRules rules, int count) {
    if (packed && !categories.isEmpty()) {
      rules.requireCount("candidate_categories", categories.size(), 1, count);
    }
    if (!rules.hasCategory() || (categories.isEmpty() && told.isEmpty())) {
      return null;
    }
    long[] all = new long[count];
    Arrays.fill(all, CandidateHints.NO_CATEGORY);
    for (int i = 0; i < categories.size(); i++) {
      all[i] = rules.category(categories.get(i));
    }
    for (Told each : told) {
      all[each.candidate] = rules.category(each.category);
    }
    return all;
  }

  private float @Nullable [] stats(HintRules rules, int count) {
    float[] all = null;
    for (Stats each : stats) {
      String field = each.whole ? "candidate_stats" : "candidates[" + each.first + "].stats";
      if (each.whole) {
        rules.requireCount(field + " '" + each.name + "'", each.values.length, 1, count);
      }
      int column = rules.stat(each.name);
      if (column >= 0) {
        if (all == null) {
          all = new float[count * rules.statCount()];
          Arrays.fill(all, Float.NaN);
        }
        for (int i = 0; i < each.values.length; i++) {
          rules.checkStat(field, each.name, each.first + i, each.values[i]);
          all[(each.first + i) * rules.statCount() + column] = each.values[i];
        }
      }
    }
    return all;
  }
}
