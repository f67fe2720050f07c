package io.saviorrec.server.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.saviorrec.server.health.Readiness;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The pages, by their paths.
///
/// Health is answered from memory alone and asks nothing of the models, so that it can neither wait
/// nor fail. Every other page may do both: it costs its reader an error and nobody else anything.
public final class Pages {
  private static final Logger log = LoggerFactory.getLogger(Pages.class);
  private static final ObjectWriter JSON = new ObjectMapper().writerWithDefaultPrettyPrinter();

  private final Readiness readiness;
  private final Function<String, Page> metrics;
  private final Supplier<ServerStatus> status;
  private final String settings;
  private final Supplier<? extends CompletableFuture<?>> reload;
  private final @Nullable Section section;

  /// @param metrics the metrics in a format that the header `accept` allows; the header may be
  ///   empty
  /// @param settings in force, as JSON, with nothing secret in them
  /// @param reload looks at the repository; what came of it is a record
  /// @param section further pages; null: none
  public Pages(
      Readiness readiness,
      Function<String, Page> metrics,
      Supplier<ServerStatus> status,
      String settings,
      Supplier<? extends CompletableFuture<?>> reload,
      @Nullable Section section) {
    this.readiness = readiness;
    this.metrics = metrics;
    this.status = status;
    this.settings = settings;
    this.reload = reload;
    this.section = section;
  }

  /// The section that a path belongs to; null: none.
  @Nullable Section section(String path) {
    return section != null && (path.equals(section.root()) || path.startsWith(section.root() + "/"))
        ? section
        : null;
  }

  /// Whether something is done for who asks for this path, so that it takes a POST.
  static boolean isAction(String path) {
    return path.equals("/reload");
  }

  /// Looks at the repository and says what came of it; never fails.
  CompletableFuture<Page> reload() {
    return reload
        .get()
        .handle(
            (report, failure) -> {
              try {
                return failure == null
                    ? Page.json(JSON.writeValueAsString(report))
                    : Page.plain(503, String.valueOf(failure.getMessage()));
              } catch (JsonProcessingException e) {
                throw new IllegalStateException("a record can always be written", e);
              }
            });
  }

  /// Health: of no model, without waiting and for everybody; null for any other path.
  @Nullable Page health(String path) {
    return switch (path) {
      case "/healthz" -> Page.plain(200, "alive");
      case "/readyz" -> {
        List<String> reasons = readiness.reasons();
        yield reasons.isEmpty()
            ? Page.plain(200, "ready")
            : Page.plain(503, String.join("\n", reasons));
      }
      default -> null;
    };
  }

  /// Any other page; may take time, and never throws.
  Page other(String path, String accept) {
    try {
      return switch (path) {
        case "/" ->
            Page.html(
                StatusPage.html(readiness, status.get(), section == null ? null : section.root()));
        case "/metrics" -> metrics.apply(accept);
        case "/models" -> Page.json(JSON.writeValueAsString(status.get().versions()));
        case "/config" -> Page.json(settings);
        default -> Page.plain(404, "no such page; try /");
      };
    } catch (RuntimeException | JsonProcessingException | InternalError e) {
      log.error("cannot make the page {}: {}", path, e.toString().lines().findFirst().orElse(""));
      return Page.plain(500, "cannot make this page: " + e.getClass().getSimpleName());
    }
  }
}
