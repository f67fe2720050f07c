package io.saviorrec.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.User;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RequestDecoderTest {
  private static final int RANDOM_MESSAGES = 20_000;
  private static final RequestEncoder ENCODER =
      new RequestEncoder(
          new FeatureSchema(
              List.of(FeatureColumn.numeric("age", List.of(18f))),
              List.of(FeatureColumn.numeric("hour", List.of(6f))),
              List.of(FeatureColumn.categorical(FeatureSchema.CATEGORY, 64)),
              FeatureSchema.ITEM_STATS),
          3,
          2,
          16);

  @Test
  void readsWhatTheParserReadsAndRefusesWhatItRefuses() {
    Random random = new Random(20260101);
    int valid = 0;
    for (int i = 0; i < RANDOM_MESSAGES; i++) {
      byte[] message = message(random);
      for (int steps = random.nextInt(4); steps > 0; steps--) {
        message = spoilt(message, random);
      }
      valid += requireSame(message, i) ? 1 : 0;
    }
    assertThat(valid).isBetween(RANDOM_MESSAGES / 10, RANDOM_MESSAGES * 9 / 10);
  }

  @Test
  void readsRepeatedNumbersPackedOrNotAndInPieces() throws IOException {
    byte[] message =
        bytes(
            out -> {
              out.writeInt64(10, 7);
              out.writeByteArray(10, new byte[] {1, 2, (byte) 0x80, 1});
              out.writeInt64(10, -1);
              out.writeFloat(11, 0.5f);
              out.writeByteArray(11, new byte[8]);
              out.writeByteArray(11, new byte[8]);
              out.writeByteArray(5, new byte[] {0x18, 5, 0x1a, 2, 6, 7});
              out.writeByteArray(5, new byte[] {0x1a, 1, 8});
              out.writeByteArray(
                  5, new byte[] {0x3d, 0, 0, (byte) 0x80, 0x3f, 0x3a, 4, 0, 0, 0, 0x40});
            });
    assertThat(requireSame(message, 0)).isTrue();

    DecodedRequest request = RequestDecoder.decode(message, 0, 0);

    assertThat(request.candidates()).containsExactly(7, 1, 2, 128, -1);
    assertThat(request.pctrBase()).containsExactly(0.5f, 0, 0, 0, 0);
    assertThat(request.history()).containsExactly(5, 6, 7, 8);
    assertThat(request.taste()).containsExactly(1, 2);
    assertThat(request.packed()).isTrue();
    assertThat(request.fault()).isNull();
  }

  @Test
  void readsLabelAndFlagsAsTheParserDoes() {
    byte[] message =
        ScoreRequest.newBuilder()
            .setLabel("canary")
            .putFlags("bucket", "ü")
            .putFlags("", "")
            .build()
            .toByteArray();
    // Two messages after each other are one, merged.
    byte[] twice = Arrays.copyOf(message, 2 * message.length);
    System.arraycopy(message, 0, twice, message.length, message.length);

    assertThat(requireSame(message, 0)).isTrue();
    assertThat(requireSame(twice, 0)).isTrue();
  }

  /// Each is what a field of the request must not be.
  @Test
  void refusesEveryWrongWireFormThatTheParserRefuses() throws IOException {
    List<byte[]> wrong =
        List.of(
            new byte[] {0},
            new byte[] {0x0a},
            new byte[] {0x0a, 5, 'a'},
            new byte[] {0x0a, 2, (byte) 0xc3, 0x28},
            new byte[] {0x18, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1},
            new byte[] {0x0c},
            new byte[] {0x0b, 0x08, 1},
            new byte[] {0x0e},
            new byte[] {0x2a, 3, 0x08, 1},
            new byte[] {0x2a, 2, 0x1a, 5},
            new byte[] {0x2a, 3, 0x1a, 1, (byte) 0x80},
            new byte[] {0x2a, 1, 0x0c},
            new byte[] {0x3a, -1, -1, -1, -1, 0x0f},
            new byte[] {0x3a, 3, 0x11, 0, 0},
            new byte[] {0x52, 1, (byte) 0x80},
            new byte[] {0x5a, 3, 0, 0, 0},
            new byte[] {0x5d, 0, 0},
            new byte[] {0x32, 4, 0x0a, 2, (byte) 0xc3, 0x28},
            new byte[] {0x62, 2, (byte) 0xc3, 0x28},
            new byte[] {0x6a, 4, 0x0a, 2, (byte) 0xc3, 0x28},
            new byte[] {0x6a, 4, 0x12, 2, (byte) 0xc3, 0x28},
            new byte[] {0x32, 6, 0x12, 4, 0x0a, 2, (byte) 0xc3, 0x28},
            nested(101));
    for (byte[] message : wrong) {
      assertThat(requireSame(message, 0)).as("%s", Arrays.toString(message)).isFalse();
    }
    assertThat(requireSame(nested(50), 0)).isTrue();
  }

  @Test
  void bothFormsOfARequestAreTheSameArrays() {
    ScoreRequest.Builder messages = ScoreRequest.newBuilder();
    ScoreRequest.Builder packed = ScoreRequest.newBuilder();
    float[] bases = {0, 0.25f, Float.NaN, 1};
    for (int i = 0; i < bases.length; i++) {
      Candidate.Builder candidate = Candidate.newBuilder().setItemId(100 + i);
      if (!Float.isNaN(bases[i])) {
        candidate.setPctrBase(bases[i]);
      }
      messages.addCandidates(candidate);
      packed.addCandidateIds(100 + i).addCandidatePctrBase(bases[i]);
    }

    EncodedRequest one = ENCODER.encode(messages.build());
    EncodedRequest other = ENCODER.encode(packed.build());

    assertThat(other.candidates()).isEqualTo(one.candidates()).containsExactly(100, 101, 102, 103);
    assertThat(other.pctrBase()).isEqualTo(one.pctrBase()).isEqualTo(bases);
    assertThat(RequestDecoder.decode(messages.build()).packed()).isFalse();
    assertThat(ENCODER.encode(packed.clearCandidatePctrBase().build()).pctrBase())
        .containsExactly(Float.NaN, Float.NaN, Float.NaN, Float.NaN);
  }

  @Test
  void namesTheFieldWhenTheFormsAreMixedOrOfUnequalLength() {
    ScoreRequest.Builder message =
        ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(1));
    assertFault(
        message.clone().addCandidateIds(2),
        "candidates and candidate_ids are both set; use one of them");
    assertFault(
        message.clone().addCandidatePctrBase(0),
        "candidate_pctr_base goes with candidate_ids, and candidates is set");
    assertFault(
        ScoreRequest.newBuilder().addCandidateIds(1).addCandidateIds(2).addCandidatePctrBase(0),
        "candidate_pctr_base has 1 entries and candidate_ids 2; give one for each, NaN where"
            + " absent, or none");
    assertFault(
        ScoreRequest.newBuilder().addCandidatePctrBase(0),
        "candidate_pctr_base has 1 entries and candidate_ids 0; give one for each, NaN where"
            + " absent, or none");
  }

  @Test
  void readsAndRefusesWhatIsSaidOfCandidatesAsTheParserDoes() {
    Random random = new Random(7);
    for (int i = 0; i < 300; i++) {
      ScoreRequest.Builder request = ScoreRequest.newBuilder();
      for (int c = random.nextInt(4); c > 0; c--) {
        request
            .addCandidatesBuilder()
            .setItemId(random.nextLong())
            .setCategory("ü" + random.nextInt(9))
            .addCodes(random.nextInt())
            .addCodes(random.nextInt(16))
            .putStats("pv", random.nextInt(99))
            .putStats("", random.nextFloat());
      }
      request.addCandidateCodes(random.nextInt()).addCandidateCategories("ü");
      request.addCandidateStatsBuilder().setName("clicks").addValues(random.nextFloat());
      byte[] message = request.build().toByteArray();
      assertThat(requireSame(message, i)).isTrue();
      for (int length = 0; length < message.length; length++) {
        requireSame(Arrays.copyOf(message, length), i);
      }
      for (int at = 0; at < message.length; at++) {
        if (message[at] == (byte) 0xc3) {
          byte[] noUtf8 = message.clone();
          noUtf8[at + 1] = 'x';
          requireSame(noUtf8, i);
        }
      }
    }
  }

  @Test
  void bothFormsSayTheSameOfTheirCandidates() {
    ScoreRequest messages =
        ScoreRequest.newBuilder()
            .addCandidates(Candidate.newBuilder().setItemId(1).addCodes(3).addCodes(15))
            .addCandidates(Candidate.newBuilder().setItemId(2).setCategory("shoes"))
            .addCandidates(
                Candidate.newBuilder()
                    .setItemId(3)
                    .putStats("clicks", 2)
                    .putStats("of no model", 7))
            .build();
    ScoreRequest packed =
        ScoreRequest.newBuilder()
            .addAllCandidateIds(List.of(1L, 2L, 3L))
            .addAllCandidateCodes(List.of(3, 15, -1, -1, -1, -1))
            .addAllCandidateCategories(List.of("", "shoes", ""))
            .addCandidateStats(column("clicks", Float.NaN, Float.NaN, 2))
            .addCandidateStats(column("of no model", 1, 2, 3))
            .build();

    for (ScoreRequest request : List.of(messages, packed)) {
      CandidateHints hints = Objects.requireNonNull(ENCODER.encode(request).hints());
      assertThat(hints.codes()).containsExactly(3, 15, -1, -1, -1, -1);
      long[] categories = Objects.requireNonNull(hints.categories());
      assertThat(categories[0]).isEqualTo(CandidateHints.NO_CATEGORY);
      assertThat(categories[1]).isPositive();
      assertThat(categories[2]).isEqualTo(CandidateHints.NO_CATEGORY);
      float absent = Float.NaN;
      assertThat(hints.stats())
          .containsExactly(absent, absent, absent, absent, absent, absent, absent, 2, absent);
      assertThat(hints.hasStats(1, 3)).isFalse();
      assertThat(hints.hasStats(2, 3)).isTrue();
    }
    assertThat(ENCODER.encode(ScoreRequest.newBuilder().addCandidateIds(1).build()).hints())
        .isNull();
  }

  @Test
  void namesTheStatisticsOfCandidatesThatTheModelDoesNotHave() {
    ScoreRequest messages =
        ScoreRequest.newBuilder()
            .addCandidates(
                Candidate.newBuilder().setItemId(1).putStats("clicks", 2).putStats("clicsk", 7))
            .addCandidates(Candidate.newBuilder().setItemId(2).putStats("clicsk", 7))
            .build();
    ScoreRequest packed =
        ScoreRequest.newBuilder()
            .addAllCandidateIds(List.of(1L, 2L))
            .addCandidateStats(column("clicks", 2, Float.NaN))
            .addCandidateStats(column("clicsk", 7, 7))
            .build();

    for (ScoreRequest request : List.of(messages, packed)) {
      assertThat(ENCODER.encode(request).notes().unusedColumns())
          .containsExactly("candidate_stats.clicsk");
    }
  }

  private static StatColumn column(String name, float... values) {
    StatColumn.Builder column = StatColumn.newBuilder().setName(name);
    for (float value : values) {
      column.addValues(value);
    }
    return column.build();
  }

  @Test
  void namesWhatIsWrongWithWhatARequestSaysOfItsCandidates() {
    ScoreRequest.Builder two = ScoreRequest.newBuilder().addCandidateIds(1).addCandidateIds(2);
    assertFault(
        two.clone().addAllCandidateCodes(List.of(1, 2, 3)),
        "candidate_codes has 3 entries for 2 candidates; the model has 2 codes for each");
    assertFault(
        two.clone().addAllCandidateCodes(List.of(1, 2, 3, 16)),
        "candidate_codes of candidate 1 must be in [0, 16), or all -1, was 16 at level 2");
    assertFault(
        two.clone().addAllCandidateCodes(List.of(-1, 2, -1, -1)),
        "candidate_codes of candidate 0 must be in [0, 16), or all -1, was 2 at level 2");
    assertFault(
        two.clone().addCandidateCategories("a"),
        "candidate_categories has 1 entries; give one for each of 2 candidates, or none");
    assertFault(
        two.clone().addCandidateStats(column("pv", 1)),
        "candidate_stats 'pv' has 1 entries; give one for each of 2 candidates, or none");
    assertFault(
        two.clone().addCandidateStats(column("pv", 1, -2)),
        "candidate_stats 'pv' of candidate 1 must be a number of at least 0, was -2.0");
    assertFault(
        ScoreRequest.newBuilder()
            .addCandidates(Candidate.newBuilder())
            .addCandidates(Candidate.newBuilder().addCodes(1)),
        "candidates[1].codes has 1 entries for 1 candidate; the model has 2 codes for each");
    assertFault(
        ScoreRequest.newBuilder()
            .addCandidates(Candidate.newBuilder())
            .addCandidateStats(column("pv", 1)),
        "candidate_stats, candidate_codes and candidate_categories go with candidate_ids, and"
            + " candidates is set");
  }

  @Test
  void namesTheFirstKeyThatIsEmpty() {
    assertFault(
        ScoreRequest.newBuilder().addAllCandidateKeys(List.of("hat-1", "", "")),
        "candidate_keys[1] is empty");
    assertFault(
        ScoreRequest.newBuilder()
            .addCandidateKeys("hat-1")
            .setUser(User.newBuilder().addAllHistoryKeys(List.of("cap-1", "hat-1", ""))),
        "user.history_keys[2] is empty");
  }

  @Test
  void namesTheFirstBaseThatIsNoProbability() {
    for (double wrong : new double[] {-0.1, 1.0000000001, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertFault(
          ScoreRequest.newBuilder()
              .addCandidates(Candidate.newBuilder().setPctrBase(1))
              .addCandidates(Candidate.newBuilder().setPctrBase(wrong))
              .addCandidates(Candidate.newBuilder().setPctrBase(7)),
          "candidates[1].pctr_base must be in [0, 1], was " + wrong);
    }
    assertFault(
        ScoreRequest.newBuilder()
            .addAllCandidateIds(List.of(1L, 2L))
            .addAllCandidatePctrBase(List.of(Float.NaN, 1.5f)),
        "candidate_pctr_base[1] must be in [0, 1] or NaN, was 1.5");
  }

  private static void assertFault(ScoreRequest.Builder request, String message) {
    assertThatThrownBy(() -> ENCODER.encode(request.build()))
        .isInstanceOf(FeatureException.class)
        .hasMessage(message);
  }

  /// Whether both take it; they must agree.
  private static boolean requireSame(byte[] message, int number) {
    ScoreRequest expected = parsed(message);
    DecodedRequest actual;
    try {
      actual = RequestDecoder.decode(message, number % 7, number % 5);
    } catch (InvalidProtocolBufferException e) {
      assertThat(expected)
          .as("message %d was refused (%s): %s", number, e.getMessage(), Arrays.toString(message))
          .isNull();
      return false;
    }
    assertThat(expected)
        .as("message %d was taken: %s", number, Arrays.toString(message))
        .isNotNull();
    if (expected != null) {
      requireEqual(actual, expected);
    }
    return true;
  }

  private static @Nullable ScoreRequest parsed(byte[] message) {
    try {
      return ScoreRequest.parseFrom(message);
    } catch (InvalidProtocolBufferException _) {
      return null;
    }
  }

  private static void requireEqual(DecodedRequest actual, ScoreRequest expected) {
    assertThat(actual.requestId()).isEqualTo(expected.getRequestId());
    assertThat(actual.model()).isEqualTo(expected.getModel());
    assertThat(actual.version()).isEqualTo(expected.getVersion());
    assertThat(actual.bucket()).isEqualTo(expected.getBucket());
    assertThat(actual.label()).isEqualTo(expected.getLabel());
    assertThat(actual.flags()).isEqualTo(expected.getFlagsMap());
    assertThat(actual.priority()).isEqualTo(expected.getPriorityValue());
    assertThat(actual.exact()).isEqualTo(expected.getExact());
    assertThat(actual.timeMillis()).isEqualTo(expected.getTimeMs());
    assertThat(actual.strict()).isEqualTo(expected.getStrict());
    assertThat(actual.topK()).isEqualTo(expected.getTopK());
    User user = expected.getUser();
    assertThat(actual.userId())
        .isEqualTo(user.getUserKey().isEmpty() ? user.getUserId() : StringId.of(user.getUserKey()));
    assertThat(actual.historyTimes())
        .isEqualTo(user.getHistoryTimesMsList().stream().mapToLong(i -> i).toArray());
    List<Float> taste = new ArrayList<>();
    for (float value : actual.taste()) {
      taste.add(value);
    }
    assertThat(taste).isEqualTo(user.getTasteList());
    assertThat(actual.profile().keySet()).isEqualTo(expected.getUser().getProfileMap().keySet());
    actual
        .profile()
        .forEach((name, value) -> requireEqual(value, expected.getUser().getProfileOrThrow(name)));
    assertThat(actual.context().keySet()).isEqualTo(expected.getContextMap().keySet());
    actual
        .context()
        .forEach((name, value) -> requireEqual(value, expected.getContextOrThrow(name)));
    // Both at once are a fault, and lie in the order that they came in.
    assertThat(actual.history())
        .containsExactlyInAnyOrder(
            LongStream.concat(
                    user.getHistoryList().stream().mapToLong(i -> i),
                    user.getHistoryKeysList().stream().mapToLong(StringId::of))
                .toArray());
    boolean packed =
        expected.getCandidateIdsCount() > 0
            || expected.getCandidateKeysCount() > 0
            || expected.getCandidatePctrBaseCount() > 0;
    assertThat(actual.packed()).isEqualTo(packed);
    if (actual.fault() == null) {
      requireEqualCandidates(actual, expected);
    }
  }

  private static void requireEqual(FeatureValue actual, FeatureValue expected) {
    assertThat(actual.getKindCase()).isEqualTo(expected.getKindCase());
    assertThat(actual.getText()).isEqualTo(expected.getText());
    assertThat(actual.getNumber()).isEqualTo(Double.valueOf(expected.getNumber()));
  }

  private static void requireEqualCandidates(DecodedRequest actual, ScoreRequest expected) {
    int keys = expected.getCandidateKeysCount();
    int count = expected.getCandidatesCount() + expected.getCandidateIdsCount() + keys;
    assertThat(actual.candidates()).hasSize(count);
    assertThat(actual.pctrBase()).hasSize(count);
    for (int i = 0; i < count; i++) {
      float base = Float.NaN;
      long id;
      if (actual.packed()) {
        id = keys > 0 ? StringId.of(expected.getCandidateKeys(i)) : expected.getCandidateIds(i);
        if (expected.getCandidatePctrBaseCount() > 0) {
          base = expected.getCandidatePctrBase(i);
        }
      } else {
        Candidate candidate = expected.getCandidates(i);
        id =
            candidate.getItemKey().isEmpty()
                ? candidate.getItemId()
                : StringId.of(candidate.getItemKey());
        if (candidate.hasPctrBase()) {
          base = (float) candidate.getPctrBase();
        }
      }
      assertThat(actual.candidates()[i]).isEqualTo(id);
      // As objects, so that NaN equals NaN.
      assertThat(actual.pctrBase()[i]).isEqualTo(Float.valueOf(base));
    }
  }

  private static byte[] message(Random random) {
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder()
            .setPriorityValue(random.nextInt(5))
            .setExact(random.nextBoolean())
            .setVersion(random.nextInt(3) - 1);
    if (random.nextBoolean()) {
      request.setRequestId("r-ü" + random.nextInt()).setModel("m").setBucket("b");
    }
    User.Builder user = request.getUserBuilder().setUserId(random.nextLong());
    for (int i = random.nextInt(6); i > 0; i--) {
      user.addHistory(random.nextLong() >> random.nextInt(64));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      user.putProfile("p" + i, feature(random));
      request.putContext("c" + i, feature(random));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      user.addTaste(random.nextFloat());
    }
    int form = random.nextInt(5);
    for (int i = random.nextInt(6); i > 0 && form < 4; i--) {
      if (form < 2 || i == form) {
        Candidate.Builder candidate = request.addCandidatesBuilder().setItemId(random.nextLong());
        if (random.nextBoolean()) {
          candidate.setPctrBase(random.nextDouble());
        }
      } else {
        request.addCandidateIds(random.nextInt()).addCandidatePctrBase(random.nextFloat());
      }
    }
    return request.build().toByteArray();
  }

  private static FeatureValue feature(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> FeatureValue.newBuilder().setText("t" + random.nextInt(9)).build();
      case 1 -> FeatureValue.newBuilder().setNumber(random.nextDouble()).build();
      default -> FeatureValue.getDefaultInstance();
    };
  }

  private static byte[] spoilt(byte[] message, Random random) {
    List<byte[]> parts = new ArrayList<>();
    int from = random.nextInt(message.length + 1);
    int to = from + random.nextInt(message.length - from + 1);
    byte[] head = Arrays.copyOf(message, from);
    byte[] middle = Arrays.copyOfRange(message, from, to);
    byte[] tail = Arrays.copyOfRange(message, to, message.length);
    switch (random.nextInt(6)) {
      case 0 -> parts.addAll(List.of(head, tail));
      case 1 -> parts.addAll(List.of(head, middle, middle, tail));
      case 2 -> parts.add(head);
      case 3 -> {
        byte[] inserted = new byte[1 + random.nextInt(4)];
        random.nextBytes(inserted);
        parts.addAll(List.of(head, inserted, middle, tail));
      }
      case 4 -> {
        byte[] flipped = message.clone();
        if (flipped.length > 0) {
          flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
        }
        parts.add(flipped);
      }
      // Two messages after each other are one, merged.
      default -> parts.addAll(List.of(message, message(random)));
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    parts.forEach(all::writeBytes);
    return all.toByteArray();
  }

  /// Unknown groups inside a candidate, one in the other.
  private static byte[] nested(int depth) throws IOException {
    return bytes(
        out -> {
          byte[] groups = new byte[2 * depth];
          Arrays.fill(groups, 0, depth, (byte) 0x7b);
          Arrays.fill(groups, depth, 2 * depth, (byte) 0x7c);
          out.writeByteArray(7, groups);
        });
  }

  @FunctionalInterface
  private interface Writing {
    void to(CodedOutputStream out) throws IOException;
  }

  private static byte[] bytes(Writing writing) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    writing.to(out);
    out.flush();
    return bytes.toByteArray();
  }
}
