package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.Arrays;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StatusMappingTest {
  @ParameterizedTest
  @EnumSource(ErrorCode.class)
  void everyErrorCodeIsTheStatusOfItsName(ErrorCode code) {
    Status status = StatusMapping.toStatus(new RequestException(code, "why"));

    assertThat(status.getCode().name()).isEqualTo(code.name());
    assertThat(status.getDescription()).isEqualTo("why");
  }

  @Test
  void everyStatusHasADifferentCode() {
    assertThat(
            Arrays.stream(ErrorCode.values())
                .map(code -> StatusMapping.toStatus(new RequestException(code, "")).getCode()))
        .doesNotHaveDuplicates()
        .doesNotContain(Status.Code.UNKNOWN, Status.Code.OK);
  }

  @Test
  void nothingThatIsThrownIsUnknown() {
    for (Throwable failure :
        new Throwable[] {
          new IllegalStateException(),
          new OutOfMemoryError("no"),
          new StackOverflowError(),
          new CompletionException(null),
          new CompletionException(new IllegalArgumentException("inside")),
          Status.UNKNOWN.asRuntimeException(),
          Status.UNKNOWN.asException(),
          new Exception("checked")
        }) {
      assertThat(StatusMapping.toStatus(failure).getCode())
          .as(failure.toString())
          .isEqualTo(Status.Code.INTERNAL);
    }
  }

  @Test
  void unwrapsWhatFuturesWrap() {
    Status status =
        StatusMapping.toStatus(
            new CompletionException(new RequestException(ErrorCode.NOT_FOUND, "x")));

    assertThat(status.getCode()).isEqualTo(Status.Code.NOT_FOUND);
  }
}
