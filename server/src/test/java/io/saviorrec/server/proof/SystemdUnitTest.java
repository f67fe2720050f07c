package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The unit of those without containers, as systemd itself reads it.
@Timeout(60)
class SystemdUnitTest {
  private static final Path UNIT =
      Path.of("src", "main", "dist", "systemd").resolve("savior.service");

  @TempDir private Path folder;

  /// It says nothing of a unit that is as it should be, and names what it does not know.
  @Test
  void systemdFindsNothingToSay() throws IOException {
    String systemd = OutsideTool.require("systemd-analyze").toString();
    String unit = Files.readString(UNIT);
    assertThat(unit).contains("ExecStart=/opt/savior/bin/savior serve");
    // The program must be there, and is not installed here.
    Path installed =
        Files.writeString(
            folder.resolve("savior.service"), unit.replace("/opt/savior/bin/savior", "/bin/true"));
    Path wrong =
        Files.writeString(
            folder.resolve("wrong.service"),
            Files.readString(installed).replace("ProtectSystem=strict", "ProtectSistem=strict"));

    assertThat(verified(systemd, installed)).isBlank();
    assertThat(verified(systemd, wrong)).contains("ProtectSistem");
  }

  private static String verified(String systemd, Path unit) {
    return ServerProcess.run(List.of(systemd, "verify", "--man=no", unit.toString()));
  }
}
