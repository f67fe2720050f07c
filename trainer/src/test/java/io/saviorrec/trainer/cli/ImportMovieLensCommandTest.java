package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.groups.Tuple.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.content.TextPart;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.table.Reject;
import io.saviorrec.trainer.movielens.ImportResult;
import io.saviorrec.trainer.movielens.MovieLensImport;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ImportMovieLensCommandTest {
  private static final byte[] JPEG = {(byte) 0xff, (byte) 0xd8, (byte) 0xff, (byte) 0xe0, 0, 1};

  @TempDir Path folder;

  private Path in;
  private Path out;

  @BeforeEach
  void writeRelease() throws IOException {
    in = Files.createDirectory(folder.resolve("ml's tiny"));
    out = folder.resolve("new/out");
    Files.createDirectory(in.resolve("posters"));
    Files.write(in.resolve("posters/10.jpg"), JPEG);
    Files.writeString(in.resolve("posters/20.jpg"), "no picture");
    Files.write(in.resolve("posters/999.jpg"), JPEG);
    Files.writeString(
        in.resolve("movies.csv"),
        """
        movieId,title,genres
        20,"Second, The (1999)",Drama|Crime
        10,First (1995),Comedy
        30,Never Rated (2000),(no genres listed)
        10,First Again (1995),Comedy
        """);
    Files.writeString(
        in.resolve("plots.csv"),
        """
        movieId,plot,director,actors
        10,"A ""quoted"", plot",Somebody,"A, B"
        77,Of no movie,Somebody,C
        """);
    StringBuilder ratings = new StringBuilder("userId,movieId,rating,timestamp\n");
    for (int i = 0; i < 20; i++) {
      // Newest first: the import has to sort.
      ratings.append(
          "%d,%d,%s,%d\n"
              .formatted(
                  i % 3, 10 + i % 2 * 10, i % 2 == 0 ? "4.0" : "3.5", 1_000_000 - i * 1_000));
    }
    ratings.append("1,10,7.5,1000000\n1,55,4.0,1000000\n");
    Files.writeString(in.resolve("ratings.csv"), ratings.toString());
  }

  @Test
  void writesADataSetThatReadsBack() {
    ImportResult result = MovieLensImport.run(in, out, true, MovieLensImport.WORDS, line -> {});
    assertThat(result.items()).isEqualTo(3);
    assertThat(result.impressions()).isEqualTo(20);
    assertThat(result.users()).isEqualTo(3);
    assertThat(result.clickRate()).isEqualTo(0.5);
    assertThat(result.images()).isEqualTo(1);
    assertThat(result.plots()).isEqualTo(1);
    try (DataSet data = DataSet.open(out)) {
      assertThat(data.rejects()).isEmpty();
      assertThat(data.name()).isEqualTo("ml's tiny");
      assertThat(data.cuts()).isEqualTo(result.cuts());
      assertThat(data.items().title(1)).isEqualTo("Second, The (1999)");
      assertThat(data.items().category(1)).isEqualTo("Drama");
      assertThat(data.items().text(1)).isEqualTo("Drama Crime");
      assertThat(data.items().text(0)).isEqualTo("Comedy A \"quoted\", plot");
      assertThat(data.items().content(0).image()).isEqualTo(JPEG);
      assertThat(data.items().image(1)).isNull();
      assertThat(data.items().category(2)).isEmpty();
      assertThat(data.items().text(2)).isEmpty();
      assertThat(data.log().pageTime).isSorted().hasSize(20);
      // The first page is the last row of ratings.csv: user 19 % 3, movie 20, 3.5 stars.
      assertThat(data.log().pageUser[0]).isEqualTo(1);
      assertThat(data.log().clicked[0]).isFalse();
      for (float pctr : data.log().pctrBase) {
        assertThat(pctr).isBetween(0f, 1f);
      }
      assertThat(data.log().pctrBase[0]).isEqualTo(0.5f);
      assertThat(data.schema().context()).isEmpty();
    }
  }

  @Test
  void anEncoderReadsTheWordsThatWereChosen() {
    ImportResult _ = MovieLensImport.run(in, out, true, List.of("genres", "title"), line -> {});
    try (DataSet data = DataSet.open(out)) {
      assertThat(data.items().textParts()).containsExactly(TextPart.TITLE, TextPart.TEXT);
      assertThat(data.items().words(1)).isEqualTo("Second, The (1999) Drama Crime");
      assertThat(data.items().text(0)).isEqualTo("Comedy");
      assertThat(data.items().category(1)).isEqualTo("Drama");
    }
    Path other = out.resolveSibling("other");
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(() -> MovieLensImport.run(in, other, true, List.of("tags"), line -> {}))
        .withMessage("words must be some of [title, category, genres, plot], were [tags]");
    assertThat(other).doesNotExist();
  }

  @Test
  void theBaseModelCanBeKeptFromTheGenres() {
    Path plain = out.resolveSibling("plain");
    ImportResult _ = MovieLensImport.run(in, out, true, MovieLensImport.WORDS, line -> {});
    ImportResult _ = MovieLensImport.run(in, plain, false, MovieLensImport.WORDS, line -> {});
    try (DataSet with = DataSet.open(out);
        DataSet without = DataSet.open(plain)) {
      assertThat(without.log().clicked).isEqualTo(with.log().clicked);
      assertThat(without.log().pctrBase).isNotEqualTo(with.log().pctrBase);
    }
  }

  @Test
  void reportsRowsThatItCannotUse() {
    assertThat(MovieLensImport.run(in, out, true, MovieLensImport.WORDS, line -> {}).rejects())
        .extracting(Reject::table, Reject::reason, Reject::rows)
        .containsExactly(
            tuple("movies", "movieId occurs again; its first row is used", 1L),
            tuple("plots", "movieId is not in movies", 1L),
            tuple("ratings", "rating is not a number from 0.5 to 5", 1L),
            tuple("ratings", "movieId is not in movies", 1L),
            tuple(
                "posters",
                "not a readable JPEG, PNG or WebP; the movie is kept without image",
                1L));
  }

  @Test
  void postersAndPlotsAreOptional() throws IOException {
    Files.delete(in.resolve("plots.csv"));
    for (String poster : new String[] {"10", "20", "999"}) {
      Files.delete(in.resolve("posters/" + poster + ".jpg"));
    }
    Files.delete(in.resolve("posters"));
    ImportResult result = MovieLensImport.run(in, out, true, MovieLensImport.WORDS, line -> {});
    assertThat(result.images()).isZero();
    assertThat(result.plots()).isZero();
    try (DataSet data = DataSet.open(out)) {
      assertThat(data.items().text(0)).isEqualTo("Comedy");
    }
  }

  @Test
  void neverOverwritesAndLeavesNothingBehindOnFailure() throws IOException {
    Files.createDirectories(out);
    Files.writeString(out.resolve("mine.txt"), "keep");
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(() -> MovieLensImport.run(in, out, true, MovieLensImport.WORDS, line -> {}))
        .withMessageContaining("is not empty");
    assertThat(out.resolve("mine.txt")).exists();

    Files.delete(out.resolve("mine.txt"));
    Files.writeString(in.resolve("ratings.csv"), "userId,movieId,timestamp\n1,10,5\n");
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(() -> MovieLensImport.run(in, out, true, MovieLensImport.WORDS, line -> {}))
        .withMessageContaining("ratings.csv: required column 'rating' is missing");
    try (Stream<Path> left = Files.list(out.resolveSibling("."))) {
      assertThat(left).map(Path::getFileName).map(Path::toString).containsExactly("out");
    }
  }

  @Test
  void aFolderThatIsNoReleaseIsAClearError() {
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(
            () ->
                MovieLensImport.run(
                    folder.resolve("absent"), out, true, MovieLensImport.WORDS, line -> {}))
        .withMessageContaining("absent: no such folder");
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(() -> MovieLensImport.run(folder, out, true, MovieLensImport.WORDS, line -> {}))
        .withMessageContaining("has no movies file");
  }

  @Test
  void printsItsResultAsJson() throws IOException {
    StringWriter printed = new StringWriter();
    CommandLine command = new CommandLine(new ImportCommand()).setOut(new PrintWriter(printed));
    assertThat(command.execute("movielens", in.toString(), out.toString(), "--json")).isZero();
    JsonNode json = new ObjectMapper().readTree(printed.toString());
    assertThat(json.path("items").asInt()).isEqualTo(3);
    assertThat(json.path("click_rate").asDouble()).isEqualTo(0.5);
    assertThat(json.path("images").asInt()).isEqualTo(1);
    assertThat(json.path("rejects")).hasSize(5);
    assertThat(json.path("cuts").path("test_from").asLong()).isPositive();
  }
}
