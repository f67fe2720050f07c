package io.saviorrec.server.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.config.ConfigException;
import io.saviorrec.contract.Precision;
import io.saviorrec.server.fakes.TinyRepository;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class BundleEngineTest {
  @TempDir private Path repository;

  @Test
  void tablesThatDoNotFitLackMemoryAndABundleThatIsNoGoodDoesNot() throws Exception {
    TinyRepository.write(repository, 1, 5);
    Bundle bundle = Bundle.open(repository.resolve("tiny").resolve("1"));
    Slots tooMany = new Slots(Integer.MAX_VALUE, Integer.MAX_VALUE);

    ConfigException failure =
        catchThrowableOfType(
            ConfigException.class,
            () -> BundleEngine.load(bundle, "cpu", tooMany, Precision.FP32).close());
    assertThat(failure)
        .hasMessageStartingWith("items.stateCapacity or users.stateBytes is too large for ");
    assertThat(BundleEngine.lacksMemory(failure)).isTrue();
    assertThat(BundleEngine.lacksMemory(new IllegalStateException("no such method"))).isFalse();
  }
}
