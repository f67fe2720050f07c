package io.saviorrec.server.registry;

import io.saviorrec.server.config.ServerConfig;
import java.nio.file.Path;
import java.util.List;

/// The newest version of every model of a repository, for tests that need no reloads.
public final class NewestModels {
  private NewestModels() {}

  public static LiveModels of(Path repository, ServerConfig config, RepositoryLoader loader) {
    List<LiveModel> loaded = RepositoryLoader.find(repository).stream().map(loader::load).toList();
    return new LiveModels(loaded, config.routing().labels(), config.routing());
  }
}
