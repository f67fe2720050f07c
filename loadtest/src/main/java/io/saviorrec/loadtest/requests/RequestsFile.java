package io.saviorrec.loadtest.requests;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.CapturedRequests;
import io.saviorrec.proto.v1.Item;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// What a file, or a folder of files, holds of requests, by the time of their arrival: one request
/// a file, as a server captures them, or many.
///
/// @param items for a load test to send; captures have none
public record RequestsFile(List<CapturedRequest> requests, List<Item> items) {
  private static final String SUFFIX = ".binpb";
  private static final int REQUEST =
      tag(CapturedRequests.REQUESTS_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int ITEM =
      tag(CapturedRequests.ITEMS_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);

  public RequestsFile {
    requests = List.copyOf(requests);
    items = List.copyOf(items);
  }

  /// Reads it whole.
  ///
  /// @throws RequestsException when there is no request in it, or anything else
  public static RequestsFile read(Path fileOrFolder) {
    List<CapturedRequest> requests = new ArrayList<>();
    List<Item> items = new ArrayList<>();
    for (Path file : find(fileOrFolder)) {
      read(file, requests, items);
    }
    if (requests.isEmpty()) {
      throw new RequestsException(fileOrFolder + " holds no requests");
    }
    // A stable order: what arrived at the same time stays as it was written.
    requests.sort(Comparator.comparingLong(CapturedRequest::getArrivedUs));
    return new RequestsFile(requests, items);
  }

  /// The file itself, or those of a folder by their names.
  ///
  /// @throws RequestsException when there is none
  public static List<Path> find(Path fileOrFolder) {
    if (!Files.isDirectory(fileOrFolder)) {
      return List.of(fileOrFolder);
    }
    try (Stream<Path> files = Files.list(fileOrFolder)) {
      List<Path> found = files.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList();
      if (found.isEmpty()) {
        throw new RequestsException(
            fileOrFolder
                + " holds no requests; a server writes them to its capture.directory, and savior"
                + " requests makes them of a data set");
      }
      return found;
    } catch (IOException e) {
      throw unreadable(fileOrFolder, e);
    }
  }

  private static void read(Path file, List<CapturedRequest> requests, List<Item> items) {
    int before = requests.size();
    try (InputStream stream = Files.newInputStream(file)) {
      CodedInputStream in = CodedInputStream.newInstance(stream);
      in.setSizeLimit(Integer.MAX_VALUE);
      int tag = in.readTag();
      if (tag != REQUEST && tag != ITEM) {
        requests.add(CapturedRequest.parseFrom(Files.readAllBytes(file)));
      } else {
        while (tag != 0) {
          if (tag == REQUEST) {
            CapturedRequest.Builder request = CapturedRequest.newBuilder();
            in.readMessage(request, ExtensionRegistryLite.getEmptyRegistry());
            requests.add(request.build());
          } else if (tag == ITEM) {
            Item.Builder item = Item.newBuilder();
            in.readMessage(item, ExtensionRegistryLite.getEmptyRegistry());
            items.add(item.build());
          } else if (!in.skipField(tag)) {
            throw new RequestsException(file + " is no file of requests");
          }
          // The limit is for one message.
          in.resetSizeCounter();
          tag = in.readTag();
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw new RequestsException(file + " is no file of requests, or is cut short", e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    for (CapturedRequest request : requests.subList(before, requests.size())) {
      if (!request.hasRequest() || request.getStatus().isEmpty()) {
        throw new RequestsException(
            file + " is no file of requests: it holds none, or an empty one");
      }
    }
  }

  private static RequestsException unreadable(Path path, IOException cause) {
    String reason =
        switch (cause) {
          case NoSuchFileException _ -> "no such file";
          case AccessDeniedException _ -> "permission denied";
          default -> "cannot be read: " + cause.getMessage();
        };
    return new RequestsException(path + ": " + reason, cause);
  }

  private static int tag(int field, int type) {
    return (field << 3) | type;
  }
}
