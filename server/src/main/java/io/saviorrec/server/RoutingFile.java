package io.saviorrec.server;

import io.saviorrec.server.access.WatchedFiles;
import io.saviorrec.server.config.RoutingConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/// The routing in force: what the file of it says, read again when it changes, or the settings
/// where there is no file.
final class RoutingFile implements Supplier<RoutingConfig> {
  private volatile RoutingConfig current;
  private volatile Runnable listener = () -> {};

  private RoutingFile(RoutingConfig configured) {
    this.current = configured;
  }

  /// Reads the file, where one is configured, now and whenever it changes.
  ///
  /// @throws io.saviorrec.config.ConfigException when it cannot be used now
  static RoutingFile open(RoutingConfig configured, WatchedFiles files) {
    RoutingFile routing = new RoutingFile(configured);
    String file = configured.file();
    if (file != null) {
      files.add(
          "routing.file",
          List.of(Path.of(file)),
          contents ->
              routing.read(
                  RoutingConfig.parse(
                      new String(contents.getFirst(), StandardCharsets.UTF_8), file)));
    }
    return routing;
  }

  private synchronized void read(RoutingConfig next) {
    current = next;
    listener.run();
  }

  /// From now on this one is told of every change.
  ///
  /// @param known the routing that it knows already
  synchronized void listen(RoutingConfig known, Runnable changed) {
    listener = changed;
    if (!current.equals(known)) {
      changed.run();
    }
  }

  @Override
  public RoutingConfig get() {
    return current;
  }
}
