package io.saviorrec.engine;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.TasteTable;
import io.saviorrec.bundle.TrustedKeys;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/// Everything that would keep a server from loading a bundle.
///
/// It goes the way that the server goes when it loads a version, by the same methods, but does not
/// stop at the first finding: manifest and files first, then what is in them, then how the model
/// answers. What a wrong part would say of the next is left out.
public final class BundleCheck {
  private final List<BundleException> findings = new ArrayList<>();

  private BundleCheck() {}

  /// What is wrong with a bundle, each finding with its file and what to do; empty when a server
  /// would load it.
  ///
  /// @param versionDir `<repository>/<model>/<version>`
  /// @param trusted whose signature is required
  /// @param config where and how large the model is to run
  /// @throws ItemTableException when the tables do not fit into the memory of this machine
  public static List<BundleException> run(
      Path versionDir, TrustedKeys trusted, Function<Manifest, EngineConfig> config) {
    BundleCheck check = new BundleCheck();
    Bundle bundle = Bundle.examine(versionDir, trusted, check.findings::add);
    if (bundle != null && check.findings.isEmpty()) {
      check.contents(bundle, config.apply(bundle.manifest()));
    }
    return List.copyOf(check.findings);
  }

  private void contents(Bundle bundle, EngineConfig config) {
    Consumer<BundleException> problems = findings::add;
    attempt(
        () -> {
          ItemTable items = bundle.items(problems);
          if (items != null) {
            items.close();
          }
        });
    attempt(
        () -> {
          TasteTable tastes = bundle.tastes();
          if (tastes != null) {
            tastes.close();
          }
        });
    attempt(() -> LoadedModel.tokenizer(bundle).close());
    attempt(bundle::golden);
    LoadedModel model = LoadedModel.load(bundle, config, problems);
    if (model != null) {
      replay(model, bundle);
    }
  }

  private void replay(LoadedModel model, Bundle bundle) {
    try (model) {
      if (findings.isEmpty()) {
        GoldenReplay.check(model, bundle, findings::add);
      }
    }
  }

  private void attempt(Runnable part) {
    try {
      part.run();
    } catch (BundleException e) {
      findings.add(e);
    }
  }
}
