package io.saviorrec.server.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.server.fakes.FakeCall;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private final Admission admission = new Admission("test", 1, 2);

  @Test
  void admitsWhatRunsAndWhatMayWaitAndNoMore() {
    for (int i = 0; i < 3; i++) {
      admission.requireRoom();
      admission.admit(Call.UNBOUNDED);
    }

    assertRefused(admission::requireRoom, ErrorCode.RESOURCE_EXHAUSTED);
    assertThatThrownBy(() -> admission.admit(Call.UNBOUNDED))
        .hasMessage("the test queue is full: 2 requests wait already");
  }

  @Test
  void aPlaceIsGivenBackOnceHoweverOftenItIsSaid() {
    List<Admission.Place> places = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      places.add(admission.admit(Call.UNBOUNDED));
    }
    places.getFirst().giveBack();
    places.getFirst().giveBack();

    assertThat(admission.admit(Call.UNBOUNDED)).isNotNull();
    assertRefused(() -> admission.admit(Call.UNBOUNDED), ErrorCode.RESOURCE_EXHAUSTED);
  }

  @Test
  void refusesACallWhoseDeadlinePassedAndKeepsItsRoom() {
    FakeCall late = new FakeCall();
    late.expire();

    for (int i = 0; i < 10; i++) {
      assertRefused(() -> admission.admit(late), ErrorCode.DEADLINE_EXCEEDED);
    }
    admission.requireRoom();
  }

  @Test
  void refusesEverythingOnceItIsClosed() {
    admission.close();

    assertRefused(admission::requireRoom, ErrorCode.UNAVAILABLE);
    assertRefused(() -> admission.admit(Call.UNBOUNDED), ErrorCode.UNAVAILABLE);
  }

  private static void assertRefused(ThrowingCallable action, ErrorCode code) {
    assertThatThrownBy(action)
        .isInstanceOfSatisfying(RequestException.class, e -> assertThat(e.code()).isEqualTo(code));
  }
}
