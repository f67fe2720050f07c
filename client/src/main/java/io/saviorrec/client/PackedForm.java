package io.saviorrec.client;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.StatColumn;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// The packed form of scoring requests and answers: numbers side by side where the other form has a
/// message for each candidate and each score.
///
/// It takes fewer bytes, and less work on both sides, the more so the more the candidates. A caller
/// who has ids in an array sets `candidate_ids` itself and reads `pctr`; these methods are for one
/// who has messages.
public final class PackedForm {
  /// In all places of an item without semantic ID.
  private static final int NO_CODE = -1;

  private PackedForm() {}

  /// The same request with packed candidates; one that has none in messages is given back as it is.
  ///
  /// @throws IllegalArgumentException for a `pctr_base` that is NaN, which would say "absent", and
  ///   where some candidates are named by texts and others by numbers
  public static ScoreRequest pack(ScoreRequest request) {
    if (request.getCandidatesCount() == 0) {
      return request;
    }
    requireOneForm(request);
    ScoreRequest.Builder packed = request.toBuilder().clearCandidates();
    packHints(request.getCandidatesList(), packed);
    boolean anyBase = request.getCandidatesList().stream().anyMatch(Candidate::hasPctrBase);
    boolean named = requireOneKindOfId(request.getCandidatesList());
    for (Candidate candidate : request.getCandidatesList()) {
      if (named) {
        packed.addCandidateKeys(candidate.getItemKey());
      } else {
        packed.addCandidateIds(candidate.getItemId());
      }
      if (Double.isNaN(candidate.getPctrBase())) {
        throw new IllegalArgumentException(
            "the pctr_base of item " + candidate.getItemId() + " is NaN");
      }
      if (anyBase) {
        packed.addCandidatePctrBase(
            candidate.hasPctrBase() ? (float) candidate.getPctrBase() : Float.NaN);
      }
    }
    return packed.build();
  }

  /// Whether they are named by texts.
  private static boolean requireOneKindOfId(List<Candidate> candidates) {
    long named = candidates.stream().filter(each -> !each.getItemKey().isEmpty()).count();
    if (named > 0 && named < candidates.size()) {
      throw new IllegalArgumentException(
          "%d of %d candidates have an item_key; give one to each, or to none"
              .formatted(named, candidates.size()));
    }
    return named > 0;
  }

  /// Columns of all candidates for what any of them says.
  private static void packHints(List<Candidate> candidates, ScoreRequest.Builder packed) {
    int levels = candidates.stream().mapToInt(Candidate::getCodesCount).max().orElse(0);
    SortedSet<String> names = new TreeSet<>();
    candidates.forEach(candidate -> names.addAll(candidate.getStatsMap().keySet()));
    for (Candidate candidate : candidates) {
      if (candidate.getCodesCount() > 0 && candidate.getCodesCount() != levels) {
        throw new IllegalArgumentException(
            "item "
                + candidate.getItemId()
                + " has "
                + candidate.getCodesCount()
                + " codes and another "
                + levels);
      }
      if (levels > 0) {
        packed.addAllCandidateCodes(
            candidate.getCodesCount() > 0
                ? candidate.getCodesList()
                : Collections.nCopies(levels, NO_CODE));
      }
    }
    if (candidates.stream().anyMatch(candidate -> !candidate.getCategory().isEmpty())) {
      candidates.forEach(candidate -> packed.addCandidateCategories(candidate.getCategory()));
    }
    for (String name : names) {
      StatColumn.Builder column = packed.addCandidateStatsBuilder().setName(name);
      candidates.forEach(
          candidate -> column.addValues(candidate.getStatsOrDefault(name, Float.NaN)));
    }
  }

  /// The same request with a message for each candidate.
  ///
  /// @throws IllegalArgumentException when there are bases or anything else of no candidate
  public static ScoreRequest unpack(ScoreRequest request) {
    requireOneForm(request);
    boolean named = request.getCandidateKeysCount() > 0;
    int count = candidates(request);
    int bases = request.getCandidatePctrBaseCount();
    requireCount("candidate_pctr_base", bases, bases == 0 ? 0 : count);
    int codes = request.getCandidateCodesCount();
    int levels = count == 0 ? 0 : codes / count;
    requireCount("candidate_codes", codes, codes == levels * count ? codes : count);
    int categories = request.getCandidateCategoriesCount();
    requireCount("candidate_categories", categories, categories == 0 ? 0 : count);
    for (StatColumn column : request.getCandidateStatsList()) {
      requireCount("candidate_stats '" + column.getName() + "'", column.getValuesCount(), count);
    }
    ScoreRequest.Builder messages =
        request.toBuilder()
            .clearCandidateIds()
            .clearCandidateKeys()
            .clearCandidatePctrBase()
            .clearCandidateCodes()
            .clearCandidateCategories()
            .clearCandidateStats();
    for (int i = 0; i < count; i++) {
      Candidate.Builder candidate = messages.addCandidatesBuilder();
      if (named) {
        candidate.setItemKey(request.getCandidateKeys(i));
      } else {
        candidate.setItemId(request.getCandidateIds(i));
      }
      if (bases > 0 && !Float.isNaN(request.getCandidatePctrBase(i))) {
        candidate.setPctrBase(request.getCandidatePctrBase(i));
      }
      if (levels > 0 && request.getCandidateCodes(i * levels) != NO_CODE) {
        candidate.addAllCodes(
            request.getCandidateCodesList().subList(i * levels, (i + 1) * levels));
      }
      if (categories > 0) {
        candidate.setCategory(request.getCandidateCategories(i));
      }
      for (StatColumn column : request.getCandidateStatsList()) {
        if (!Float.isNaN(column.getValues(i))) {
          candidate.putStats(column.getName(), column.getValues(i));
        }
      }
    }
    return messages.build();
  }

  /// The same answer with a message for each score.
  ///
  /// @param request that it answers
  /// @throws IllegalArgumentException when it answers another one
  public static ScoreResponse unpack(ScoreRequest request, ScoreResponse answer) {
    int count = candidates(request);
    if (count == 0) {
      return answer;
    }
    boolean named = request.getCandidateKeysCount() > 0;
    boolean ranked = request.getTopK() > 0;
    int scores = ranked ? Math.min(request.getTopK(), count) : count;
    requireCount("pctr", answer.getPctrCount(), scores);
    requireCount("sources", answer.getSourcesCount(), scores);
    requireCount("ranked", answer.getRankedCount(), ranked ? scores : 0);
    ScoreResponse.Builder messages = answer.toBuilder().clearPctr().clearSources();
    for (int i = 0; i < answer.getPctrCount(); i++) {
      int place = ranked ? answer.getRanked(i) : i;
      Score.Builder score =
          messages
              .addScoresBuilder()
              .setPctr(answer.getPctr(i))
              .setSourceValue(answer.getSourcesValue(i));
      if (named) {
        score.setItemKey(request.getCandidateKeys(place));
      } else {
        score.setItemId(request.getCandidateIds(place));
      }
    }
    return messages.build();
  }

  /// Packed ones, by number or by text.
  private static int candidates(ScoreRequest request) {
    if (request.getCandidateIdsCount() > 0 && request.getCandidateKeysCount() > 0) {
      throw new IllegalArgumentException("candidate_ids and candidate_keys must not both be set");
    }
    return request.getCandidateIdsCount() + request.getCandidateKeysCount();
  }

  private static void requireOneForm(ScoreRequest request) {
    boolean packed =
        request.getCandidateIdsCount() > 0
            || request.getCandidateKeysCount() > 0
            || request.getCandidatePctrBaseCount() > 0
            || request.getCandidateCodesCount() > 0
            || request.getCandidateCategoriesCount() > 0
            || request.getCandidateStatsCount() > 0;
    if (packed && request.getCandidatesCount() > 0) {
      throw new IllegalArgumentException("candidates and candidate_ids must not both be set");
    }
  }

  private static void requireCount(String what, int actual, int expected) {
    if (actual != expected) {
      throw new IllegalArgumentException(
          what + " has " + actual + " entries for " + expected + " candidate_ids");
    }
  }
}
