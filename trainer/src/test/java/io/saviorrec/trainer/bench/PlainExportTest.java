package io.saviorrec.trainer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.ModelRepository;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.export.ArchiveScorer;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.ScriptSession;
import io.saviorrec.trainer.torch.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The plain exports against the module that they are held against, on a benchmark's own bundles.
class PlainExportTest {
  private static final int ITEMS = 300;
  private static final int CANDIDATES = 7;
  private static final int HISTORY = 11;

  @TempDir private static Path folder;
  private static BenchFiles files = new BenchFiles(Path.of(""));

  @BeforeAll
  static void makeBundles() {
    files = new BenchFiles(folder);
    new BenchBundles(files, ITEMS).make(ITEMS);
  }

  private static ScoreRequest request() {
    // A plain export knows nothing of the user and the page.
    ScoreRequest known = new ScoreRequests("", ITEMS, CANDIDATES, HISTORY, 3).message(0);
    return known.toBuilder()
        .clearContext()
        .setUser(known.getUser().toBuilder().clearProfile())
        .build();
  }

  private static float[] served(String model, ScoreRequest request) {
    Bundle bundle = Bundle.open(ModelRepository.versionDir(files.repository(), model, 1));
    try (ItemTable items = bundle.items()) {
      return ArchiveScorer.of(
              ScriptModule.load(bundle.dir().resolve(Bundle.RANKER)), bundle.manifest(), items)
          .score(request);
    }
  }

  private static float[] plain(String archive, ScoreRequest request, int histories) {
    long[] candidates =
        request.getCandidatesList().stream().mapToLong(each -> each.getItemId() - 1).toArray();
    long[] clicks =
        request.getUser().getHistoryList().stream().mapToLong(each -> each - 1).toArray();
    long[] history =
        IntStream.range(0, histories * HISTORY).mapToLong(i -> clicks[i % HISTORY]).toArray();
    float[] pctrBase = new float[CANDIDATES];
    java.util.Arrays.fill(pctrBase, 0.05f);
    ScriptModule module = ScriptModule.load(files.archive(archive));
    try (ScriptSession session = new ScriptSession(module)) {
      List<Tensor> scores =
          session.call(
              "forward",
              List.of(
                  session.longs(candidates, CANDIDATES),
                  session.longs(history, histories, HISTORY),
                  session.floats(pctrBase, CANDIDATES)));
      return Tensors.toFloats(scores.getFirst());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {BenchBundles.LINEAR, BenchBundles.SOFTMAX})
  void aTiledExportIsTheSameNetwork(String model) {
    ScoreRequest request = request();
    float[] expected = served(model, request);
    float[] tiled = plain(BenchBundles.tiled(model), request, CANDIDATES);
    float[] once = plain(BenchBundles.tiled(model), request, 1);
    for (int i = 0; i < CANDIDATES; i++) {
      assertThat(tiled[i]).isCloseTo(expected[i], within(1e-5f));
      assertThat(once[i]).isCloseTo(expected[i], within(1e-5f));
    }
    // Scores that are all the same would agree with anything.
    assertThat(expected[0]).isNotCloseTo(expected[1], within(1e-4f));
  }

  @Test
  void theReferenceGivesProbabilities() {
    for (float pctr : plain(BenchBundles.ONCE, request(), 1)) {
      assertThat(pctr).isBetween(0.001f, 0.999f);
    }
  }

  @Test
  void everyRequestComesFromAnotherUser() throws Exception {
    ScoreRequests requests = new ScoreRequests("m", ITEMS, 3, 2, 9);
    long first = ScoreRequest.parseFrom(requests.next()).getUser().getUserId();
    ScoreRequest second = ScoreRequest.parseFrom(requests.next());
    assertThat(second.getUser().getUserId()).isEqualTo(first + 1);
    assertThat(second.getCandidatesCount()).isEqualTo(3);
    assertThat(second.getUser().getHistoryCount()).isEqualTo(2);
    ScoreRequests known = requests.fromKnownUsers();
    assertThat(ScoreRequest.parseFrom(known.next())).isEqualTo(known.message(0));
  }
}
