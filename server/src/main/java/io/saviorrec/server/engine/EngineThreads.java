package io.saviorrec.server.engine;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import io.saviorrec.engine.ThreadCalibration;
import io.saviorrec.engine.ThreadCalibration.Measured;
import io.saviorrec.engine.ThreadCalibration.Split;
import io.saviorrec.server.config.ServerConfig;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Settles how many requests are scored at once, and by how many threads each.
public final class EngineThreads {
  private static final Logger log = LoggerFactory.getLogger(EngineThreads.class);

  private EngineThreads() {}

  /// The configuration with both numbers, measured where it leaves them open, and libtorch set
  /// accordingly. Once, before models are loaded.
  ///
  /// @param device a concrete one; a GPU has its threads itself
  /// @param cores that this process may use
  public static ServerConfig settle(ServerConfig config, String device, int cores)
      throws InterruptedException {
    // Loads libtorch: nobody has who was told the device cpu, and its threads are libtorch's own.
    var _ = Engine.getEngine("PyTorch");
    int threads = config.engine().threads();
    int intraOp = config.engine().intraOpThreads();
    if (threads == 0 && intraOp == 0 && device.equals("cpu")) {
      Split best = measured(cores);
      threads = best.threads();
      intraOp = best.intraOpThreads();
    } else if (threads == 0) {
      threads = Math.max(1, cores / Math.max(1, intraOp));
    }
    intraOp = Math.max(1, intraOp);
    JniUtils.setNumThreads(intraOp);
    return config.withThreads(threads, intraOp);
  }

  private static Split measured(int cores) throws InterruptedException {
    List<Measured> measured = ThreadCalibration.measure(cores, JniUtils::setNumThreads);
    Split best = ThreadCalibration.best(measured);
    double most = measured.stream().mapToDouble(Measured::perSecond).max().orElseThrow();
    log.info(
        "scores {} requests at once with {} threads each; matrix products of all splits, the most being 1: {}",
        best.threads(),
        best.intraOpThreads(),
        measured.stream()
            .map(
                each ->
                    String.format(
                        Locale.ROOT,
                        "%dx%d %.2f",
                        each.split().threads(),
                        each.split().intraOpThreads(),
                        each.perSecond() / most))
            .collect(Collectors.joining(", ")));
    return best;
  }
}
