package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return ServerMain.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  @Test
  void printsATokenAndItsLine() throws Exception {
    assertThat(run("token", "feed", "--rights", "write, score")).isZero();
    List<String> lines = out.toString().lines().toList();
    String token = lines.getFirst().substring("token: ".length());
    String hash =
        HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256")
                    .digest(token.getBytes(StandardCharsets.UTF_8)));
    assertThat(token).hasSize(43);
    assertThat(lines).hasSize(2).endsWith("line:  feed score,write " + hash);
  }

  @Test
  void aNameOrRightThatIsNoneIsWrongUsage() {
    assertThat(run("token", "a b", "--rights", "score")).isEqualTo(2);
    assertThat(run("token", "feed", "--rights", "read")).isEqualTo(2);
    assertThat(err.toString())
        .contains("a name is up to 64 letters, digits and any of . _ @ -")
        .contains("\"read\" is no right; there are score, choose, write and administer");
    assertThat(out.toString()).isEmpty();
  }
}
