package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Who may do what; without any callers here everybody may do everything.
///
/// @param tokens file of callers with tokens; it has their hashes and not the tokens
/// @param certificates pattern of a name in a client's certificate → rights, separated by commas
public record AccessConfig(@Nullable String tokens, SortedMap<String, String> certificates) {
  static final AccessConfig DEFAULT = new AccessConfig(null, new TreeMap<>());

  public AccessConfig {
    SortedMap<String, String> patterns = new TreeMap<>(certificates);
    Check.all(
        check -> {
          check.notBlank("tokens", tokens);
          patterns.forEach(
              (pattern, rights) ->
                  check
                      .that(
                          pattern.matches("(subject|dns|uri|email):.+"),
                          "certificates",
                          "have patterns that begin with subject:, dns:, uri: or email:",
                          pattern)
                      .that(
                          rights.matches(
                              "\\s*(score|choose|write|administer)(\\s*,\\s*(score|choose|write|administer))*\\s*"),
                          "certificates." + pattern,
                          "name rights, which are score, choose, write and administer",
                          rights));
        });
    certificates = patterns;
  }
}
