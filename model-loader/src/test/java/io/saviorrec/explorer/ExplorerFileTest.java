package io.saviorrec.explorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.TensorSource;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExplorerFileTest {
  private static final List<ExplorerFile.Item> ITEMS =
      List.of(
          new ExplorerFile.Item(-4, "", "", ""),
          new ExplorerFile.Item(7, "Scarf \u56F4\u5DFE", "scarf", "images/7.png"));
  private static final ExplorerFile.Feed FEED =
      new ExplorerFile.Feed(
          5,
          1000,
          ScoreRequest.newBuilder()
              .addCandidates(Candidate.newBuilder().setItemId(7).setPctrBase(0.25))
              .addCandidates(Candidate.newBuilder().setItemId(-4))
              .build(),
          List.of(true, false));

  @TempDir Path folder;

  private Path write(Path out, List<ExplorerFile.Item> items) throws IOException {
    ExplorerFile.write(out, "shop", folder.toRealPath(), items.size(), items::get, List.of(FEED));
    return out;
  }

  @Test
  void givesBackWhatWasWritten() throws IOException {
    try (ExplorerFile file = ExplorerFile.open(write(folder, ITEMS))) {
      assertThat(file.dataSet()).isEqualTo("shop");
      assertThat(file.items()).isEqualTo(2);
      assertThat(file.find(7)).isEqualTo(1);
      assertThat(file.find(6)).isEqualTo(-1);
      assertThat(file.title(1)).isEqualTo("Scarf \u56F4\u5DFE");
      assertThat(file.category(1)).isEqualTo("scarf");
      assertThat(file.picture(1)).isEqualTo("images/7.png");
      assertThat(file.picture(0)).isEmpty();
      assertThat(file.users()).isEqualTo(1);
      assertThat(file.findUser(5)).isZero();
      assertThat(file.findUser(6)).isEqualTo(-1);
      assertThat(file.feed(0)).isEqualTo(FEED);
    }
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve(ExplorerFile.NAME));
    }
  }

  @Test
  void findsThePicturesWhereverBothFoldersAreMovedTo() throws IOException {
    Path shop = Files.createDirectories(folder.resolve("here/shop"));
    ExplorerFile.write(
        folder.resolve("here/work"), "shop", shop.toRealPath(), 2, ITEMS::get, List.of(FEED));

    Path there = Files.move(folder.resolve("here"), folder.resolve("there"));

    try (ExplorerFile file = ExplorerFile.open(there.resolve("work"))) {
      assertThat(file.pictureFolder()).isEqualTo(there.resolve("shop"));
    }
  }

  @Test
  void refusesAFileThatIsNone() throws IOException {
    assertThatThrownBy(() -> ExplorerFile.open(folder)).isInstanceOf(BundleException.class);
    write(folder, ITEMS.reversed());
    assertThatThrownBy(() -> ExplorerFile.open(folder))
        .isInstanceOf(BundleException.class)
        .hasMessage(folder.resolve(ExplorerFile.NAME) + ": item ids do not ascend");
    Safetensors.write(
        folder.resolve(ExplorerFile.NAME), Map.of("item_id", TensorSource.of(new long[] {1}, 1)));
    assertThatThrownBy(() -> ExplorerFile.open(folder))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("has no tensor 'user_id'");
  }
}
