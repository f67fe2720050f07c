package io.saviorrec.server.access;

import io.saviorrec.server.request.Call;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// The names that a certificate gives its owner, each with its kind in front: `subject:CN=feed`,
/// `dns:feed.internal`, `uri:spiffe://shop/feed`, `email:feed@shop`.
final class CertificateNames {
  private static final int EMAIL = 1;
  private static final int DNS = 2;
  private static final int URI = 6;
  private static final int LONGEST_SHOWN = 200;

  private CertificateNames() {}

  static List<String> of(X509Certificate certificate) {
    List<String> names = new ArrayList<>();
    String subject = certificate.getSubjectX500Principal().getName();
    if (!subject.isEmpty()) {
      names.add("subject:" + subject);
    }
    try {
      Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      if (alternatives != null) {
        alternatives.forEach(alternative -> add(names, alternative));
      }
    } catch (CertificateParsingException e) {
      // Names that cannot be read are names that it does not have.
      return names;
    }
    return names;
  }

  private static void add(List<String> names, List<?> alternative) {
    String name = String.valueOf(alternative.get(1));
    switch ((Integer) alternative.get(0)) {
      case EMAIL -> names.add("email:" + name);
      case DNS -> names.add("dns:" + name.toLowerCase(Locale.ROOT));
      case URI -> names.add("uri:" + name);
      default -> {}
    }
  }

  /// The first of the names as it is shown: without its kind, on one line.
  static String shown(List<String> names) {
    if (names.isEmpty()) {
      return Call.ANONYMOUS;
    }
    String first = names.getFirst();
    String name = first.substring(first.indexOf(':') + 1).replaceAll("\\p{Cntrl}", "?");
    return name.length() <= LONGEST_SHOWN ? name : name.substring(0, LONGEST_SHOWN) + "…";
  }

  /// A pattern in which `*` stands for any characters.
  static Pattern pattern(String text) {
    String[] fixed = text.split("\\*", -1);
    StringBuilder pattern = new StringBuilder(Pattern.quote(fixed[0]));
    for (int i = 1; i < fixed.length; i++) {
      pattern.append(".*").append(Pattern.quote(fixed[i]));
    }
    return Pattern.compile(pattern.toString(), Pattern.DOTALL);
  }
}
