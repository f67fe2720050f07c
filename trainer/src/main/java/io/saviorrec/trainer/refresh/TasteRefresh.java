package io.saviorrec.trainer.refresh;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleWriter;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.SigningKey;
import io.saviorrec.bundle.TasteTable;
import io.saviorrec.contract.UserTastes;
import io.saviorrec.proto.v1.Golden;
import io.saviorrec.proto.v1.GoldenScore;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.log.StoredLog;
import io.saviorrec.trainer.data.log.TasteBuilder;
import io.saviorrec.trainer.data.log.TasteRule;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.evaluate.BundleItems;
import io.saviorrec.trainer.export.ArchiveScorer;
import io.saviorrec.trainer.torch.ScriptModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Continues the taste profiles of a bundle with the impressions that came since, in a new version
/// of the model. All other files are the old version's, linked where the file system can; the
/// golden requests are scored anew, because their users' profiles are others.
public final class TasteRefresh {
  private final Bundle bundle;
  private final Manifest.Taste before;
  private final DataSet data;

  /// What a refresh did.
  ///
  /// @param impressions that were new
  /// @param changed users who were shown them
  public record Outcome(Bundle bundle, long impressions, long changed) {}

  private TasteRefresh(Bundle bundle, Manifest.Taste before, DataSet data) {
    this.bundle = bundle;
    this.before = before;
    this.data = data;
  }

  /// Writes the model's next version.
  ///
  /// @param data opened with the features of the bundle
  /// @param signingKey null: it is not signed
  /// @throws UserError if the bundle has no profiles, or the data set no impressions since
  public static Outcome run(Bundle bundle, DataSet data, @Nullable SigningKey signingKey) {
    Manifest.Taste before = bundle.manifest().taste();
    if (before == null) {
      throw new UserError(
          bundle
              + " has no taste profiles; train the model with --set ranker.taste.enabled=true first");
    }
    return new TasteRefresh(bundle, before, data).run(signingKey);
  }

  private Outcome run(@Nullable SigningKey signingKey) {
    StoredLog log = data.stored();
    long impressions = log.impressions(before.until(), Long.MAX_VALUE);
    if (impressions == 0) {
      throw new UserError(
          "%s: no impression is from %s or later, until when the taste profiles of %s go; the last is from %s"
              .formatted(
                  data.name(), Cuts.time(before.until()), bundle, Cuts.time(log.lastTime())));
    }
    Path model = Objects.requireNonNull(bundle.dir().getParent());
    try (BundleWriter writer =
            BundleWriter.begin(
                Objects.requireNonNull(model.getParent()), bundle.manifest().model());
        TasteTable old = Objects.requireNonNull(bundle.tastes())) {
      for (String file : bundle.manifest().files().keySet()) {
        if (!file.equals(Bundle.TASTES) && !file.equals(Bundle.GOLDEN)) {
          link(bundle.path(file), writer.path(file));
        }
      }
      Tastes fresh = continued(old);
      long[] changed = fresh.users();
      long[] users = union(old, changed);
      TasteTable.write(
          writer.path(Bundle.TASTES),
          users,
          before.width(),
          (user, profile) -> {
            if (Arrays.binarySearch(changed, user) >= 0) {
              fresh.last(user, profile);
            } else {
              old.copy(old.find(user), profile, 0);
            }
          });
      Manifest manifest =
          bundle
              .manifest()
              .with(
                  new Manifest.Taste(
                      before.width(),
                      before.halfLife(),
                      before.clickRate(),
                      users.length,
                      log.lastTime() + 1,
                      data.name(),
                      bundle.manifest().version()),
                  Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
      writeGolden(writer, manifest);
      return new Outcome(writer.finish(manifest, signingKey), impressions, changed.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The profiles of users with new impressions.
  private Tastes continued(TasteTable old) {
    long[] earlier = data.pageViewsBefore(before.until());
    long[] all = data.pageViewsBefore(Long.MAX_VALUE);
    TasteBuilder.Start start =
        (user, out) -> {
          int row = old.find(user);
          if (row >= 0) {
            old.copy(row, out, 0);
          }
        };
    return data.tastes(
        BundleItems.z(bundle, data.items(), item -> all[item] > earlier[item]),
        new TasteRule(before.halfLife(), before.clickRate()),
        before.until(),
        start);
  }

  private static long[] union(TasteTable old, long[] changed) {
    return LongStream.concat(
            IntStream.range(0, old.size()).mapToLong(old::userId), Arrays.stream(changed))
        .sorted()
        .distinct()
        .toArray();
  }

  private void writeGolden(BundleWriter writer, Manifest manifest) throws IOException {
    Golden.Builder golden = bundle.golden().toBuilder();
    try (ItemTable items = bundle.items();
        UserTastes tastes = UserTastes.of(TasteTable.open(writer.path(Bundle.TASTES)))) {
      ArchiveScorer scorer =
          ArchiveScorer.of(ScriptModule.load(bundle.path(Bundle.RANKER)), manifest, items, tastes);
      for (GoldenScore.Builder score : golden.getScoresBuilderList()) {
        score.clearPctr();
        for (float pctr : scorer.score(score.getRequest())) {
          score.addPctr(pctr);
        }
      }
    }
    Files.write(writer.path(Bundle.GOLDEN), golden.build().toByteArray());
  }

  /// A file of the new version with the bytes of an old one's; neither is ever written to.
  private static void link(Path from, Path to) throws IOException {
    try {
      Files.createLink(to, from);
    } catch (UnsupportedOperationException | IOException e) {
      Files.copy(from, to);
    }
  }
}
