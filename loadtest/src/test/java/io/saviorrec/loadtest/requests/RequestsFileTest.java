package io.saviorrec.loadtest.requests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.CapturedRequests;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ScoreRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestsFileTest {
  @TempDir Path folder;

  private static CapturedRequest captured(long arrivedMicros, String id) {
    return CapturedRequest.newBuilder()
        .setArrivedUs(arrivedMicros)
        .setStatus("OK")
        .setRequest(ScoreRequest.newBuilder().setRequestId(id))
        .build();
  }

  private Path written() throws IOException {
    Path file = folder.resolve("many.binpb");
    try (RequestsWriter out = new RequestsWriter(file)) {
      out.add(captured(2, "second"));
      out.add(Item.newBuilder().setItemId(5).build());
      out.add(captured(1, "first"));
      out.finish();
    }
    return file;
  }

  @Test
  void whatWasWrittenIsReadByTheTimeOfItsArrival() throws IOException {
    RequestsFile file = RequestsFile.read(written());
    assertThat(file.requests())
        .extracting(each -> each.getRequest().getRequestId())
        .containsExactly("first", "second");
    assertThat(file.items()).extracting(Item::getItemId).containsExactly(5L);
  }

  @Test
  void aFileOfManyIsAnOrdinaryMessageAndTwoOfThemAreOneAgain() throws IOException {
    byte[] once = Files.readAllBytes(written());
    assertThat(CapturedRequests.parseFrom(once).getRequestsCount()).isEqualTo(2);
    byte[] twice = Arrays.copyOf(once, 2 * once.length);
    System.arraycopy(once, 0, twice, once.length, once.length);
    Path file = Files.write(folder.resolve("twice.binpb"), twice);
    assertThat(RequestsFile.read(file).requests()).hasSize(4);
  }

  @Test
  void aServersCapturesAreReadFromTheirFolder() throws IOException {
    Files.write(folder.resolve("b.binpb"), captured(1, "first").toByteArray());
    Files.write(folder.resolve("a.binpb"), captured(2, "second").toByteArray());
    Files.writeString(folder.resolve("readme.txt"), "no capture");
    assertThat(RequestsFile.read(folder).requests())
        .extracting(each -> each.getRequest().getRequestId())
        .containsExactly("first", "second");
  }

  @Test
  void whatIsCutShortIsNotReadInPart() throws IOException {
    byte[] whole = Files.readAllBytes(written());
    Path cut = Files.write(folder.resolve("cut.binpb"), Arrays.copyOf(whole, whole.length - 2));
    assertThatThrownBy(() -> RequestsFile.read(cut))
        .isInstanceOf(RequestsException.class)
        .hasMessage(cut + " is no file of requests, or is cut short");
  }

  @Test
  void whatWasNotFinishedLeavesNothing() throws IOException {
    Path file = folder.resolve("left.binpb");
    try (RequestsWriter out = new RequestsWriter(file)) {
      out.add(captured(1, "first"));
    }
    assertThat(folder).isEmptyDirectory();
  }
}
