package io.saviorrec.server.proof;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A server that is told which device it runs on, in place of looking itself.
@Timeout(120)
class DeviceTest {
  @TempDir private Path folder;

  /// Nothing had loaded libtorch then when its threads were measured.
  @Test
  void startsOnTheProcessorThatItIsToldToUse() throws Exception {
    ServerProcess.Plan plan =
        ServerProcess.Plan.of(TinyShop.repository(), folder)
            .settings(Map.of("engine.device", "cpu", "engine.threads", "0"));

    ServerProcess.start(plan).close();
  }
}
