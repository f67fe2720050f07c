package io.saviorrec.server.proof;

import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.saviorrec.server.ServerMain;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The server's program in a JVM of its own, with the flags and the environment that `savior serve`
/// gives it.
final class ServerProcess implements AutoCloseable {
  /// The service whose health says whether the server is ready.
  static final String SCORING = "saviorrec.v1.Scoring";

  private static final String ADMIN_PORT_OPTION = "--admin-port";
  private static final String LIVE_PATH = "/healthz";
  private static final String READY_PATH = "/readyz";

  private static final long LIMIT_SECONDS = 120;
  private static final Path FLAGS = Path.of("src", "main", "dist", "conf", "server.jvm");
  private static final Path LAUNCHER =
      Path.of("..", "trainer", "src", "main", "dist", "bin", "savior");
  private static final Pattern EXPORT =
      Pattern.compile(
          "^export ((?:MALLOC|OMP|OPENBLAS)_\\w+)=\\$\\{\\w+:-(\\w+)}", Pattern.MULTILINE);

  /// What to start.
  ///
  /// @param folder of the process's own: settings, items, output
  /// @param settings key → value, over the defaults
  /// @param environment over that of the launcher
  /// @param flags of the JVM, after those of `server.jvm`
  record Plan(
      Path repository,
      Path folder,
      Map<String, String> settings,
      Map<String, String> environment,
      List<String> flags) {
    static Plan of(Path repository, Path folder) {
      return new Plan(repository, folder, Map.of(), Map.of(), List.of("-Xmx512m"));
    }

    Plan settings(Map<String, String> more) {
      Map<String, String> all = new TreeMap<>(settings);
      all.putAll(more);
      return new Plan(repository, folder, all, environment, flags);
    }

    Plan environment(Map<String, String> other) {
      return new Plan(repository, folder, settings, other, flags);
    }

    Plan flags(String... other) {
      return new Plan(repository, folder, settings, environment, List.of(other));
    }
  }

  private final Process process;
  private final Path output;
  private final int grpcPort;
  private final int adminPort;
  private final Queue<ManagedChannel> channels = new ConcurrentLinkedQueue<>();

  private ServerProcess(Process process, Path output, int grpcPort, int adminPort) {
    this.process = process;
    this.output = output;
    this.grpcPort = grpcPort;
    this.adminPort = adminPort;
  }

  /// Starts a server and waits until it is ready.
  static ServerProcess start(Plan plan) throws IOException {
    ServerProcess server = launch(plan);
    server.awaitServing();
    return server;
  }

  /// Starts a server on free ports.
  static ServerProcess launch(Plan plan) throws IOException {
    Files.createDirectories(plan.folder());
    int[] ports = freePorts();
    List<String> command = new ArrayList<>(program(plan.flags()));
    command.add("serve");
    command.addAll(List.of("--repository", plan.repository().toString()));
    command.addAll(List.of("--config", settingsFile(plan).toString()));
    command.addAll(List.of("--port", Integer.toString(ports[0])));
    command.addAll(List.of(ADMIN_PORT_OPTION, Integer.toString(ports[1])));
    Path output = plan.folder().resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
    EXPORT
        .matcher(Files.readString(LAUNCHER))
        .results()
        .forEach(export -> builder.environment().put(export.group(1), export.group(2)));
    builder.environment().putAll(plan.environment());
    return new ServerProcess(builder.start(), output, ports[0], ports[1]);
  }

  /// The server's program with these arguments.
  static List<String> program(String... arguments) {
    List<String> command = new ArrayList<>(program(List.of()));
    command.addAll(List.of(arguments));
    return command;
  }

  private static List<String> program(List<String> flags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + FLAGS.toAbsolutePath());
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath(), ServerMain.class.getName()));
    return command;
  }

  /// Nested by section, as a user writes it.
  private static Path settingsFile(Plan plan) throws IOException {
    SortedMap<String, String> settings = new TreeMap<>();
    settings.put("server.host", "127.0.0.1");
    settings.put("engine.warmUpTime", "100ms");
    // Tests compare scores of one process with another's.
    settings.put("engine.precision", "fp32");
    settings.put("items.storeDirectory", plan.folder().resolve("items").toString());
    settings.putAll(plan.settings());
    SortedMap<String, StringBuilder> sections = new TreeMap<>();
    settings.forEach(
        (key, value) -> {
          int dot = key.indexOf('.');
          sections
              .computeIfAbsent(key.substring(0, dot), section -> new StringBuilder())
              .append("  " + key.substring(dot + 1) + ": " + value + "\n");
        });
    StringBuilder yaml = new StringBuilder();
    sections.forEach((section, values) -> yaml.append(section + ":\n").append(values));
    return Files.writeString(plan.folder().resolve("settings.yaml"), yaml);
  }

  /// Without the tests, whose logging is not the server's.
  private static String classPath() {
    return String.join(
        File.pathSeparator,
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .filter(entry -> !entry.endsWith("test-classes"))
            .toList());
  }

  /// Both are taken at one time, so that they differ.
  private static int[] freePorts() throws IOException {
    try (ServerSocket first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ServerSocket second = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new int[] {first.getLocalPort(), second.getLocalPort()};
    }
  }

  /// Waits until the health service says SERVING.
  void awaitServing() {
    ManagedChannel channel = channel();
    var _ = process.onExit().thenRun(channel::shutdownNow);
    try {
      Iterator<HealthCheckResponse> states =
          HealthGrpc.newBlockingStub(channel)
              .withWaitForReady()
              .withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS)
              .watch(HealthCheckRequest.newBuilder().setService(SCORING).build());
      while (states.next().getStatus() != ServingStatus.SERVING) {
        // The next change comes by itself.
      }
    } catch (RuntimeException e) {
      kill();
      throw new IllegalStateException("the server did not start: " + output(), e);
    } finally {
      channel.shutdownNow();
    }
  }

  int grpcPort() {
    return grpcPort;
  }

  int adminPort() {
    return adminPort;
  }

  /// A connection of its own, without retries; closed with the server at the latest.
  ManagedChannel channel() {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", grpcPort).usePlaintext().disableRetry().build();
    channels.add(channel);
    return channel;
  }

  URI live() {
    return admin(LIVE_PATH);
  }

  URI ready() {
    return admin(READY_PATH);
  }

  URI admin(String path) {
    return URI.create("http://127.0.0.1:" + adminPort + path);
  }

  boolean alive() {
    return process.isAlive();
  }

  /// Everything that it printed, standard output and error.
  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  long outputLines() {
    return output().lines().count();
  }

  /// What it holds once garbage is gone. Direct memory counts as 0 unless the JVM was started with
  /// `-XX:NativeMemoryTracking=summary`.
  ProcessFacts facts() {
    jcmd("GC.run");
    return new ProcessFacts(
        kilobytes("used (\\d+)K", jcmd("GC.heap_info")),
        kilobytes("Other \\(reserved=(\\d+)KB", jcmd("VM.native_memory", "summary", "scale=KB")),
        rssBytes(),
        threads(),
        openFiles());
  }

  long rssBytes() {
    return kilobytes("VmRSS:\\s+(\\d+)", procStatus());
  }

  /// Processor time that it has taken so far.
  double cpuSeconds() {
    return process.info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
  }

  int threads() {
    return (int) (kilobytes("Threads:\\s+(\\d+)", procStatus()) / 1024);
  }

  int openFiles() {
    try (Stream<Path> files = Files.list(Path.of("/proc", "" + process.pid(), "fd"))) {
      return (int) files.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What of files with this name is mapped into its memory, a line each.
  List<String> maps(String file) {
    try {
      return Files.readAllLines(Path.of("/proc", "" + process.pid(), "maps")).stream()
          .filter(line -> line.contains(file))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String procStatus() {
    try {
      return Files.readString(Path.of("/proc", "" + process.pid(), "status"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long kilobytes(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    return matcher.find() ? Long.parseLong(matcher.group(1)) * 1024 : 0;
  }

  private String jcmd(String... command) {
    List<String> all = new ArrayList<>();
    all.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    all.add(Long.toString(process.pid()));
    all.addAll(Arrays.asList(command));
    return run(all);
  }

  /// What a program printed.
  static String run(List<String> command) {
    try {
      Process program = new ProcessBuilder(command).redirectErrorStream(true).start();
      String printed = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (program.waitFor() != 0) {
        throw new IllegalStateException(command + ": " + printed);
      }
      return printed;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// Asks it to end, as SIGTERM does.
  void terminate() {
    process.destroy();
  }

  /// Ends it like `kill -9`: nothing of its own runs any more.
  void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /// Waits for its own end; its exit status.
  int awaitEnd() {
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException("it did not end: " + output());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    process.destroyForcibly();
    awaitEnd();
  }
}
