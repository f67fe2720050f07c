package io.saviorrec.loadtest.requests;

import com.google.protobuf.CodedOutputStream;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.CapturedRequests;
import io.saviorrec.proto.v1.Item;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// A file of requests while it is written. It is at its place when [#finish] has returned, whole,
/// and not before.
public final class RequestsWriter implements AutoCloseable {
  private final Path file;
  private final Path part;
  private final OutputStream stream;
  private final CodedOutputStream out;

  public RequestsWriter(Path file) throws IOException {
    this.file = file;
    this.part = file.resolveSibling(file.getFileName() + ".part");
    this.stream = Files.newOutputStream(part);
    this.out = CodedOutputStream.newInstance(stream);
  }

  public void add(CapturedRequest request) throws IOException {
    out.writeMessage(CapturedRequests.REQUESTS_FIELD_NUMBER, request);
  }

  public void add(Item item) throws IOException {
    out.writeMessage(CapturedRequests.ITEMS_FIELD_NUMBER, item);
  }

  public void finish() throws IOException {
    out.flush();
    stream.close();
    Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
  }

  /// Leaves nothing of a file that was not finished.
  @Override
  public void close() throws IOException {
    stream.close();
    Files.deleteIfExists(part);
  }
}
