package io.saviorrec.trainer.serving;

import io.saviorrec.loadtest.requests.RequestsFile;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.ScoreRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Requests that a server captured because they were slow or failed, or that were made of a log.
public final class Captures {
  private Captures() {}

  /// One request as it was captured.
  ///
  /// @param name of its file, with its number there where it is not the only one
  public record Capture(String name, CapturedRequest request) {}

  /// All of a file, or of a folder's files by their names.
  ///
  /// @throws io.saviorrec.loadtest.requests.RequestsException when there is none
  public static List<Capture> read(Path fileOrFolder) {
    List<Capture> captures = new ArrayList<>();
    for (Path file : RequestsFile.find(fileOrFolder)) {
      List<CapturedRequest> requests = RequestsFile.read(file).requests();
      String name = String.valueOf(file.getFileName());
      for (int i = 0; i < requests.size(); i++) {
        captures.add(
            new Capture(requests.size() == 1 ? name : name + "#" + (i + 1), requests.get(i)));
      }
    }
    return captures;
  }

  /// The request as it is to be sent: to the model that answered it, in its newest version unless
  /// the request itself named one.
  public static ScoreRequest toReplay(CapturedRequest captured) {
    ScoreRequest request = captured.getRequest();
    return request.getModel().isEmpty()
        ? request.toBuilder().setModel(captured.getModel()).build()
        : request;
  }
}
