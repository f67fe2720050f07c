package io.saviorrec.server.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.MethodDescriptor;
import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.scoring.ScoreAnswer;
import java.io.InputStream;

/// The method Score with its messages in arrays, where the generated one has an object for each
/// candidate and each score.
final class ScoreMarshalling {
  /// Takes the requests of [DecodeInterceptor], and gives answers that are written from their
  /// arrays.
  static final MethodDescriptor<DecodedRequest, ScoreAnswer> METHOD =
      ScoringGrpc.getScoreMethod().toBuilder(new Requests(), new Answers()).build();

  private ScoreMarshalling() {}

  /// A request that is decoded already, as the stream that gRPC hands on.
  static InputStream decoded(byte[] message, int candidates, int history)
      throws InvalidProtocolBufferException {
    return new Decoded(RequestDecoder.decode(message, candidates, history));
  }

  private static final class Decoded extends InputStream {
    private final DecodedRequest request;

    Decoded(DecodedRequest request) {
      this.request = request;
    }

    @Override
    public int read() {
      throw new IllegalStateException("a request that is decoded already is read again");
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      return read();
    }
  }

  private static final class Requests implements MethodDescriptor.Marshaller<DecodedRequest> {
    @Override
    public InputStream stream(DecodedRequest request) {
      return new Decoded(request);
    }

    @Override
    public DecodedRequest parse(InputStream stream) {
      if (stream instanceof Decoded decoded) {
        return decoded.request;
      }
      throw new IllegalStateException("a request that nobody has decoded");
    }
  }

  private static final class Answers implements MethodDescriptor.Marshaller<ScoreAnswer> {
    @Override
    public InputStream stream(ScoreAnswer answer) {
      return new AnswerStream(answer);
    }

    @Override
    public ScoreAnswer parse(InputStream stream) {
      throw new UnsupportedOperationException("a server reads no answers");
    }
  }
}
