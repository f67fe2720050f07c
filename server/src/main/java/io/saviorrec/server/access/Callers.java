package io.saviorrec.server.access;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.saviorrec.server.config.AccessConfig;
import io.saviorrec.server.request.Call;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The callers that the server knows, by token and by client certificate. With none configured
/// everybody may do everything.
///
/// Of a caller that shows both, the token counts.
public final class Callers {
  private static final int MOST_CERTIFICATES = 10_000;
  private static final Caller ANYBODY = new Caller(Call.ANONYMOUS, EnumSet.allOf(Right.class));

  /// What certificates with such a name may do.
  private record Rule(Pattern name, Set<Right> rights) {}

  private final boolean open;
  private final List<Rule> rules;
  private volatile TokenFile tokens = TokenFile.parse("");

  /// A connection's certificate is one object, and its calls are many.
  private final LoadingCache<X509Certificate, Caller> byCertificate =
      Caffeine.newBuilder().weakKeys().maximumSize(MOST_CERTIFICATES).build(this::caller);

  private Callers(boolean open, List<Rule> rules) {
    this.open = open;
    this.rules = List.copyOf(rules);
  }

  /// As the settings say; follows the file of tokens.
  ///
  /// @throws io.saviorrec.config.ConfigException when that file cannot be used
  public static Callers open(AccessConfig config, WatchedFiles files) {
    List<Rule> rules = new ArrayList<>();
    config
        .certificates()
        .forEach(
            (pattern, rights) ->
                rules.add(new Rule(CertificateNames.pattern(pattern), Right.parse(rights))));
    String file = config.tokens();
    Callers callers = new Callers(file == null && rules.isEmpty(), rules);
    if (file != null) {
      files.add(
          "access.tokens",
          List.of(Path.of(file)),
          contents ->
              callers.tokens =
                  TokenFile.parse(new String(contents.getFirst(), StandardCharsets.UTF_8)));
    }
    return callers;
  }

  /// Callers of whom nobody is known, so that everybody may do everything.
  public static Callers everybody() {
    return new Callers(true, List.of());
  }

  /// The one caller who has this token.
  public static Callers only(String name, Set<Right> rights, String token) {
    Callers callers = new Callers(false, List.of());
    callers.tokens = TokenFile.parse(TokenFile.line(name, rights, token));
    return callers;
  }

  /// Whether everybody may do everything.
  public boolean open() {
    return open;
  }

  /// Who calls.
  ///
  /// @param authorization the value of that header, `Bearer TOKEN`; null: none
  /// @param certificate the verified certificate of the connection; null: none
  /// @throws UnknownCallerException when it must say who it is and did not, or is not known
  public Caller identify(@Nullable String authorization, @Nullable X509Certificate certificate)
      throws UnknownCallerException {
    if (authorization != null && !open) {
      Caller caller = tokens.find(token(authorization));
      if (caller == null) {
        throw new UnknownCallerException("the token is not known");
      }
      return caller;
    }
    if (certificate != null) {
      return byCertificate.get(certificate);
    }
    if (!open) {
      throw new UnknownCallerException(
          rules.isEmpty()
              ? "this server asks for a token (authorization: Bearer TOKEN)"
              : "this server asks for a client certificate or a token (authorization: Bearer"
                  + " TOKEN)");
    }
    return ANYBODY;
  }

  private Caller caller(X509Certificate certificate) {
    List<String> names = CertificateNames.of(certificate);
    Set<Right> rights = open ? EnumSet.allOf(Right.class) : EnumSet.noneOf(Right.class);
    for (Rule rule : rules) {
      if (names.stream().anyMatch(name -> rule.name.matcher(name).matches())) {
        rights.addAll(rule.rights);
      }
    }
    return new Caller(CertificateNames.shown(names), rights);
  }

  /// Of `Bearer TOKEN`, or of `Basic` with the token as password, which browsers ask people for.
  private static String token(String authorization) throws UnknownCallerException {
    int space = authorization.indexOf(' ');
    String scheme = authorization.substring(0, Math.max(0, space)).toLowerCase(Locale.ROOT);
    String value = authorization.substring(space + 1).strip();
    if (scheme.equals("bearer")) {
      return value;
    }
    if (scheme.equals("basic")) {
      try {
        String pair = new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8);
        return pair.substring(pair.indexOf(':') + 1);
      } catch (IllegalArgumentException e) {
        throw new UnknownCallerException("the authorization header is not Base64");
      }
    }
    throw new UnknownCallerException("the authorization header is not Bearer TOKEN");
  }
}
