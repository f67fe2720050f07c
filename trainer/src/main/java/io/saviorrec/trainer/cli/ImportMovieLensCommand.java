package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.saviorrec.trainer.data.table.Reject;
import io.saviorrec.trainer.movielens.ImportResult;
import io.saviorrec.trainer.movielens.MovieLensImport;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `import movielens IN OUT`: turns a MovieLens release into a data set.
@Command(
    name = "movielens",
    mixinStandardHelpOptions = true,
    description = {
      "Turns a MovieLens release (movies.csv and ratings.csv; plots.csv and posters/MOVIEID.jpg"
          + " where present) into a data set.",
      "A rating is an exposure and a rating of 4 or more its click."
    })
public final class ImportMovieLensCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "IN", description = "Folder of the release.")
  private Path in;

  @Parameters(paramLabel = "OUT", description = "Folder for the data set; new or empty.")
  private Path out;

  @Option(
      names = "--no-user-genres",
      description =
          "Leaves each user's click rate in the movie's genres out of the base model: a plainer"
              + " production model, which knows nothing of what the movie is about.")
  private boolean noUserGenres;

  @Option(
      names = "--words",
      split = ",",
      paramLabel = "COLUMN",
      description =
          "What an encoder reads of a movie: some of title, category, genres and plot, commas"
              + " between them; by default all.")
  private List<String> words = MovieLensImport.WORDS;

  @Option(names = "--json", description = "Prints the result as JSON.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    PrintWriter printer = spec.commandLine().getOut();
    ImportResult result =
        MovieLensImport.run(in, out, !noUserGenres, words, json ? line -> {} : printer::println);
    if (json) {
      printer.println(
          new ObjectMapper()
              .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
              .writeValueAsString(result));
    } else {
      print(result, printer);
    }
    printer.flush();
    return 0;
  }

  private void print(ImportResult result, PrintWriter printer) {
    printer.printf(
        Locale.ROOT,
        "Wrote %s: %,d items (%,d with an image, %,d with a plot), %,d impressions of %,d users,"
            + " %.1f %% clicked%n",
        out,
        result.items(),
        result.images(),
        result.plots(),
        result.impressions(),
        result.users(),
        100 * result.clickRate());
    for (Reject reject : result.rejects()) {
      printer.println("Not used: " + reject.message());
    }
  }
}
