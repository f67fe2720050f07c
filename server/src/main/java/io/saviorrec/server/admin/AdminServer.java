package io.saviorrec.server.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.saviorrec.server.metrics.ServerMetrics;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// The HTTP endpoint for people and machines that look after the server: `/metrics`,
/// `/health/live`, `/health/ready` and a status page at `/`.
public final class AdminServer implements AutoCloseable {
  private static final int THREADS = 2;
  private static final int QUEUE_CAPACITY = 64;
  private static final String PLAIN = "text/plain; charset=utf-8";

  /// What the server says of itself.
  ///
  /// @param phase `starting`, `serving` or `draining`
  public record Status(String phase, boolean ready, String grpcAddress, List<ModelStatus> models) {}

  private final HttpServer http;
  private final ThreadPoolExecutor executor;
  private final ServerMetrics metrics;
  private final Supplier<Status> status;

  private AdminServer(HttpServer http, ServerMetrics metrics, Supplier<Status> status) {
    this.http = http;
    this.metrics = metrics;
    this.status = status;
    this.executor =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(QUEUE_CAPACITY),
            task -> new Thread(task, "admin-http"));
  }

  /// Listens at once; readiness follows `status`.
  ///
  /// @throws java.net.BindException when the port is taken
  public static AdminServer start(
      InetSocketAddress address, ServerMetrics metrics, Supplier<Status> status)
      throws IOException {
    AdminServer server = new AdminServer(HttpServer.create(address, 0), metrics, status);
    server.http.setExecutor(server.executor);
    server.http.createContext("/", server::handle);
    server.http.start();
    return server;
  }

  public int port() {
    return http.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("GET")
          && !exchange.getRequestMethod().equals("HEAD")) {
        respond(exchange, 405, PLAIN, "only GET\n");
        return;
      }
      switch (exchange.getRequestURI().getPath()) {
        case "/" ->
            respond(exchange, 200, "text/html; charset=utf-8", StatusPage.html(status.get()));
        case "/metrics" -> {
          List<String> accept = exchange.getRequestHeaders().get("Accept");
          ServerMetrics.Page page = metrics.scrape(accept == null ? "" : String.join(",", accept));
          respond(exchange, 200, page.contentType(), page.body());
        }
        case "/health/live" -> respond(exchange, 200, PLAIN, "live\n");
        case "/health/ready" -> {
          Status now = status.get();
          respond(exchange, now.ready() ? 200 : 503, PLAIN, now.phase() + "\n");
        }
        default -> respond(exchange, 404, PLAIN, "no such page; try /\n");
      }
    }
  }

  private static void respond(HttpExchange exchange, int code, String type, String body)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(code, -1);
      return;
    }
    exchange.sendResponseHeaders(code, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  @Override
  public void close() {
    http.stop(0);
    executor.shutdownNow();
  }
}
