package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.synth.Assortment;
import io.saviorrec.trainer.synth.BulkDataSet;
import io.saviorrec.trainer.synth.SynthPreset;
import io.saviorrec.trainer.synth.SynthReport;
import io.saviorrec.trainer.synth.SyntheticDataSet;
import io.saviorrec.trainer.synth.WorldSize;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// `synth OUT`: generates a data set whose true click probabilities are known.
@Command(
    name = "synth",
    mixinStandardHelpOptions = true,
    description = "Generates a catalogue with pictures and titles, and a click log over it.")
public final class SynthCommand implements Callable<Integer> {
  // Pages are drawn without repetition from several small pools of items.
  private static final int FEWEST_ITEMS = 60;
  private static final int FEWEST_USERS = 10;
  private static final int FEWEST_IMPRESSIONS = 2_400;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "OUT", description = "Folder for the data set; new or empty.")
  private Path out;

  @Option(
      names = "--preset",
      paramLabel = "PRESET",
      defaultValue = "small",
      converter = PresetConverter.class,
      description =
          "tiny (300 items, 6 thousand impressions), small (4,000; 492 thousand) or medium"
              + " (8,000; 984 thousand). Default: ${DEFAULT-VALUE}.")
  private SynthPreset preset;

  @Option(
      names = "--items",
      paramLabel = "N",
      description = "Items, in place of the preset's; 60 or more.")
  private @Nullable Integer items;

  @Option(
      names = "--users",
      paramLabel = "N",
      description = "Users, in place of the preset's; 10 or more.")
  private @Nullable Integer users;

  @Option(
      names = "--impressions",
      paramLabel = "N",
      description = "Impressions, about, in place of the preset's; 2400 or more.")
  private @Nullable Integer impressions;

  @Option(
      names = "--assortment",
      defaultValue = "SHOP",
      description =
          "What is sold: shop, or market, whose words and pictures mean other things, for an encoder"
              + " that was pre-trained elsewhere. Default: shop.")
  private Assortment assortment;

  @Option(
      names = "--no-pctr-base",
      description =
          "Leaves pctr_base empty, as in the log of a shop that does not record what its ranker"
              + " predicts.")
  private boolean noPctrBase;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "The same seed makes the same world. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--bulk-impressions",
      paramLabel = "N",
      description =
          "Instead of a preset: a log of so many impressions without pictures and truth, made in seconds for each ten million, to see what the size takes.")
  private @Nullable Long bulkImpressions;

  @Option(
      names = "--bulk-items",
      paramLabel = "N",
      defaultValue = "100000",
      description = "Items of the bulk log. Default: ${DEFAULT-VALUE}.")
  private long bulkItems;

  @Option(names = "--json", description = "Prints the report as JSON.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    PrintWriter printer = spec.commandLine().getOut();
    if (bulkImpressions != null) {
      if (bulkImpressions < 1 || bulkItems < 1) {
        throw new ParameterException(
            spec.commandLine(), "--bulk-impressions and --bulk-items must be at least 1");
      }
      if (assortment != Assortment.SHOP) {
        throw new ParameterException(
            spec.commandLine(), "--bulk-impressions has titles of the assortment shop alone");
      }
      if (noPctrBase) {
        throw new ParameterException(spec.commandLine(), "--bulk-impressions has a pctr_base");
      }
      new BulkDataSet(bulkItems, bulkImpressions, seed).write(out);
      printer.println("Wrote " + out);
      printer.flush();
      return 0;
    }
    SynthReport report = SyntheticDataSet.write(out, size(), assortment, !noPctrBase, seed);
    if (json) {
      printer.println(new ObjectMapper().writeValueAsString(report));
      printer.flush();
    } else {
      printer.println("Wrote " + out);
      report.print(printer);
    }
    return 0;
  }

  private WorldSize size() {
    WorldSize given = preset.size();
    return given.resized(
        number("--items", items, FEWEST_ITEMS, given.items()),
        number("--users", users, FEWEST_USERS, given.users()),
        number("--impressions", impressions, FEWEST_IMPRESSIONS, given.impressions()));
  }

  private static int number(String option, @Nullable Integer asked, int least, int usual) {
    if (asked != null && asked < least) {
      throw new UserError("%s must be at least %d, was %d".formatted(option, least, asked));
    }
    return asked == null ? usual : asked;
  }

  /// Takes presets in lower case and says which there are.
  static final class PresetConverter implements ITypeConverter<SynthPreset> {
    @Override
    public SynthPreset convert(String value) {
      return Arrays.stream(SynthPreset.values())
          .filter(preset -> name(preset).equals(value))
          .findAny()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'"
                          + value
                          + "' is none of "
                          + Arrays.stream(SynthPreset.values())
                              .map(PresetConverter::name)
                              .collect(Collectors.joining(", "))));
    }

    private static String name(SynthPreset preset) {
      return preset.name().toLowerCase(Locale.ROOT);
    }
  }
}
