package io.saviorrec.server.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import io.saviorrec.contract.RequestNotes;
import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.scoring.ScoreAnswer;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// The messages of 500 candidates and 50 clicks: the request counted and decoded, the answer made
/// and encoded.
@State(Scope.Benchmark)
public class MessageBenchmark {
  private static final int CANDIDATES = 500;
  private static final int CLICKS = 50;

  private final long[] items = new long[CANDIDATES];
  private final float[] scores = new float[CANDIDATES];
  private final byte[] sources = new byte[CANDIDATES];
  private final ScoreAnswer answer =
      new ScoreAnswer(
          "",
          "saviorrec",
          1,
          "saviorrec",
          "",
          "",
          null,
          false,
          items,
          null,
          scores,
          sources,
          0,
          new ScoreAnswer.Micros(1, 1, 1, 1),
          Degradation.DEGRADATION_UNSPECIFIED,
          RequestNotes.NONE);
  private byte[] request = {};
  private MessageShape shape = new MessageShape();

  @Setup
  public void make() {
    SplittableRandom random = new SplittableRandom(1);
    User.Builder user =
        User.newBuilder()
            .setUserId(1L << 56)
            .putProfile("city", FeatureValue.newBuilder().setText("somewhere").build());
    random.longs(CLICKS, 1, 100_000).forEach(user::addHistory);
    ScoreRequest.Builder message = ScoreRequest.newBuilder().setUser(user);
    for (int i = 0; i < CANDIDATES; i++) {
      items[i] = random.nextLong(1, 100_000);
      sources[i] = (byte) ScoreSource.TRAINED.getNumber();
      scores[i] = (float) random.nextDouble();
      message.addCandidates(Candidate.newBuilder().setItemId(items[i]).setPctrBase(.05));
    }
    request = message.build().toByteArray();
    Map<String, MethodRules> rules =
        MethodRules.of(
            TestConfigs.small(Map.of("scoring.maxCandidates", "1000")),
            List.of(new ScoringGrpc.ScoringImplBase() {}.bindService()));
    MethodRules score = rules.get(ScoringGrpc.getScoreMethod().getFullMethodName());
    if (score == null) {
      throw new IllegalStateException("scoring has no rules");
    }
    shape = score.shape();
  }

  @Benchmark
  public long count() throws IOException {
    return shape.check(request).heap();
  }

  @Benchmark
  public DecodedRequest decode() throws InvalidProtocolBufferException {
    return RequestDecoder.decode(request, CANDIDATES, CLICKS);
  }

  @Benchmark
  public int encode() throws IOException {
    return new AnswerStream(answer).drainTo(OutputStream.nullOutputStream());
  }
}
