package io.saviorrec.trainer.serving;

import com.google.protobuf.InvalidProtocolBufferException;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Requests that a server captured because they were slow or failed.
public final class Captures {
  private static final String SUFFIX = ".binpb";

  private Captures() {}

  /// The file itself, or the captures of a folder by the time of their arrival.
  ///
  /// @throws UserError when there is none
  public static List<Path> find(Path fileOrFolder) {
    if (!Files.isDirectory(fileOrFolder)) {
      return List.of(fileOrFolder);
    }
    try (Stream<Path> files = Files.list(fileOrFolder)) {
      List<Path> found = files.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList();
      if (found.isEmpty()) {
        throw new UserError(
            fileOrFolder + " holds no captures; a server writes them to its capture.directory");
      }
      return found;
    } catch (IOException e) {
      throw DiskFault.reading(fileOrFolder, e);
    }
  }

  /// The capture that a file holds.
  ///
  /// @throws UserError when the file is none
  public static CapturedRequest read(Path file) {
    try {
      CapturedRequest captured = CapturedRequest.parseFrom(Files.readAllBytes(file));
      if (captured.hasRequest() && !captured.getStatus().isEmpty()) {
        return captured;
      }
      throw new UserError(file + " is not a captured request: it holds no request");
    } catch (InvalidProtocolBufferException e) {
      throw new UserError(file + " is not a captured request", e);
    } catch (IOException e) {
      throw DiskFault.reading(file, e);
    }
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
