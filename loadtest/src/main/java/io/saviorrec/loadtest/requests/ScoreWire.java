package io.saviorrec.loadtest.requests;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.io.IOException;

/// Requests as `saviorrec.v1.Scoring/Score` takes them.
///
/// An answer is not parsed but looked through, so that reading it costs next to nothing beside the
/// server that is measured.
public final class ScoreWire implements Wire {
  @Override
  public String service() {
    return ScoringGrpc.SERVICE_NAME;
  }

  @Override
  public String method() {
    return "Score";
  }

  @Override
  public byte[] encode(ScoreRequest request) {
    return request.toByteArray();
  }

  @Override
  public Verdict read(byte[] answer, int scores) {
    CodedInputStream in = CodedInputStream.newInstance(answer);
    int found = 0;
    boolean degraded = false;
    try {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case ScoreResponse.SCORES_FIELD_NUMBER -> {
            found++;
            in.skipField(tag);
          }
          case ScoreResponse.PCTR_FIELD_NUMBER -> found += floats(in, tag);
          case ScoreResponse.DEGRADED_FIELD_NUMBER -> {
            degraded = true;
            in.skipField(tag);
          }
          default -> in.skipField(tag);
        }
      }
    } catch (IOException _) {
      return Verdict.WRONG;
    }
    if (found != scores) {
      return Verdict.WRONG;
    }
    return degraded ? Verdict.DEGRADED : Verdict.WHOLE;
  }

  /// Packed or one by one.
  private static int floats(CodedInputStream in, int tag) throws IOException {
    if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
      in.skipField(tag);
      return 1;
    }
    int bytes = in.readRawVarint32();
    in.skipRawBytes(bytes);
    return bytes / Float.BYTES;
  }
}
