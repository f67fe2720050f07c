package io.saviorrec.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.proto.v1.Golden;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InferenceModeTest {

  @TempDir Path repository;

  /// Fails when libtorch is another one than the numbers of [InferenceMode] belong to.
  @Test
  void theEnginesLibtorchHasOne() {
    assertThat(InferenceMode.ofEngine()).isPresent();
  }

  @Test
  void isMissingWhereItsFunctionsAre() {
    assertThat(InferenceMode.of(_ -> Optional.empty())).isEmpty();
  }

  @Test
  void isOnWhileASessionIsOpenAndOffAfterIt() {
    InferenceMode mode = InferenceMode.ofEngine().orElseThrow();
    Bundle bundle = TinyBundle.write(repository, Golden.getDefaultInstance());
    try (Archive archive =
        Archive.load(
            bundle, Bundle.RANKER, Device.cpu(), RankerContract.of(bundle.manifest()).methods())) {
      try (DjlSession _ = new DjlSession(archive, new Scratch(), mode)) {
        assertThat(mode.isOn()).isTrue();
      }
      assertThat(mode.isOn()).isFalse();
    }
  }

  @Test
  void belongsToItsThreadAlone() throws InterruptedException {
    InferenceMode mode = InferenceMode.ofEngine().orElseThrow();
    boolean[] elsewhere = {true};
    mode.set(true);
    try {
      Thread other = Thread.ofPlatform().start(() -> elsewhere[0] = mode.isOn());
      other.join();
    } finally {
      mode.set(false);
    }
    assertThat(elsewhere[0]).isFalse();
  }
}
