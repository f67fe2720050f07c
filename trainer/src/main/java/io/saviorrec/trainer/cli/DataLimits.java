package io.saviorrec.trainer.cli;

import io.saviorrec.trainer.data.table.DatabaseLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// What reading a data set may take of the machine; options of the commands that read large ones.
final class DataLimits {
  @Option(
      names = "--data-memory",
      paramLabel = "SIZE",
      converter = Size.class,
      description =
          "Memory for preparing the log, such as 2G or 512M; what does not fit goes to the scratch folder. Default: a quarter of the machine's.")
  private @Nullable Long memory;

  @Option(
      names = "--scratch",
      paramLabel = "FOLDER",
      description =
          "Where tables and what does not fit into memory lie until the command ends: about the size of the log, several times. Default: the folder for temporary files.")
  private @Nullable Path scratch;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  DatabaseLimits limits() {
    DatabaseLimits ofMachine = DatabaseLimits.ofMachine();
    Path folder = scratch == null ? ofMachine.scratch() : scratch;
    if (!Files.isDirectory(folder)) {
      throw new ParameterException(
          spec.commandLine(), "--scratch " + folder + " is not a folder; make it first");
    }
    return DatabaseLimits.of(memory == null ? ofMachine.memoryBytes() : memory, folder);
  }

  /// A number of bytes with its unit.
  static final class Size implements ITypeConverter<Long> {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,6})([MG])B?");

    @Override
    public Long convert(String value) {
      Matcher matcher = FORM.matcher(value.toUpperCase(Locale.ROOT));
      if (!matcher.matches()) {
        throw new TypeConversionException("'" + value + "' is not a size like 2G or 512M");
      }
      long bytes = Long.parseLong(matcher.group(1)) << (matcher.group(2).equals("G") ? 30 : 20);
      if (bytes < DatabaseLimits.LEAST_BYTES) {
        throw new TypeConversionException("'" + value + "' is too little; give 256M or more");
      }
      return bytes;
    }
  }
}
