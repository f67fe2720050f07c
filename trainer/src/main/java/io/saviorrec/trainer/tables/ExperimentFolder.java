package io.saviorrec.trainer.tables;

import io.saviorrec.bundle.ProcessLock;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.Consumer;

/// Where an experiment keeps what it made: the cells, the models, the period that they are measured
/// on, and the table. One table has one folder, and one process at a time works on it.
public final class ExperimentFolder implements AutoCloseable {
  private static final String PLAN = "experiment.json";
  private static final String TABLE = "table.json";

  private final Path out;
  private final ProcessLock lock;

  /// What an experiment is of.
  ///
  /// @param data the data set's folder
  public record Plan(String table, String data) {}

  private ExperimentFolder(Path out, ProcessLock lock) {
    this.out = out;
    this.lock = lock;
  }

  /// Opens a folder for this table; it is made where it is missing.
  ///
  /// @throws UserError if it holds another table, or something else
  public static ExperimentFolder open(Path out, PaperTable table, Path data, Consumer<String> say) {
    Path plan = out.resolve(PLAN);
    try {
      if (Files.exists(out) && !Files.exists(plan) && !empty(out)) {
        throw new UserError(
            out + " has other files and no experiment; name a folder that is empty or new");
      }
      Files.createDirectories(out);
      ProcessLock lock =
          ProcessLock.exclusive(
              out.resolve(".lock"),
              holder -> say.accept("%s works on %s; waiting".formatted(holder, out)));
      try {
        claim(out, plan, table, data);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
      return new ExperimentFolder(out, lock);
    } catch (IOException e) {
      throw DiskFault.writing(plan, e);
    }
  }

  private static void claim(Path out, Path plan, PaperTable table, Path data) throws IOException {
    if (Files.exists(plan)) {
      String other = read(plan, Plan.class).table();
      if (!other.equals(table.label())) {
        throw new UserError(
            "%s is the folder of %s; name another one for %s".formatted(out, other, table.label()));
      }
    }
    write(
        plan,
        TableJson.write(new Plan(table.label(), data.toAbsolutePath().normalize().toString())));
  }

  private static boolean empty(Path folder) throws IOException {
    try (var inside = Files.list(folder)) {
      return inside.allMatch(path -> path.endsWith(".lock"));
    }
  }

  /// Whether a folder is an experiment's.
  public static boolean is(Path folder) {
    return Files.isRegularFile(folder.resolve(PLAN));
  }

  /// What the experiment in a folder is of.
  public static Plan plan(Path folder) {
    return read(folder.resolve(PLAN), Plan.class);
  }

  /// The table in a folder.
  ///
  /// @throws UserError if it has none yet
  public static TableResult table(Path folder) {
    if (!Files.isRegularFile(folder.resolve(TABLE))) {
      throw new UserError(
          folder
              + " has no table yet; let savior experiment finish, which goes on where it stopped");
    }
    return read(folder.resolve(TABLE), TableResult.class);
  }

  private static <T> T read(Path file, Class<T> type) {
    try {
      return TableJson.read(Files.readAllBytes(file), type);
    } catch (IOException e) {
      throw DiskFault.reading(file, e);
    }
  }

  public void keep(Period period) {
    period.write(out);
  }

  /// Writes a text beside the table, whole or not at all.
  public void keep(String file, byte[] content) {
    try {
      write(out.resolve(file), content);
    } catch (IOException e) {
      throw DiskFault.writing(out.resolve(file), e);
    }
  }

  /// Writes the table.
  public void keep(TableResult table) {
    keep(TABLE, TableJson.write(table));
  }

  private static void write(Path file, byte[] content) throws IOException {
    Path draft = file.resolveSibling(file.getFileName() + ".draft");
    Files.write(draft, content);
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void close() {
    lock.close();
  }
}
