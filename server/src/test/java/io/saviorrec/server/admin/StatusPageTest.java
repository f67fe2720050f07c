package io.saviorrec.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class StatusPageTest {
  @Test
  void namesAreTextAndNotMarkup() {
    String page =
        StatusPage.html(
            new AdminServer.Status(
                "serving",
                true,
                "here:1",
                List.of(new ModelStatus("<b>&m", 3, "\"v\"", "100 % data", "now", 5, 6))));

    assertThat(page)
        .contains("<td>&lt;b&gt;&amp;m</td>", "<td>&quot;v&quot;</td>", "<td>100 % data</td>")
        .contains("width:100%}")
        .doesNotContain("<b>&m");
  }
}
