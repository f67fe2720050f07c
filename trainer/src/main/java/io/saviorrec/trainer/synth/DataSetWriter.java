package io.saviorrec.trainer.synth;

import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.table.DataSetFormat;
import io.saviorrec.trainer.data.table.Database;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/// Writes a world as a data set, and beside it in `truth/` what the trainer must not know.
final class DataSetWriter {
  private static final int IMAGES_AT_ONCE = 100;

  private final Path folder;
  private final Assortment assortment;
  private final Catalogue items;
  private final RandomStreams streams;

  DataSetWriter(Path folder, Assortment assortment, Catalogue items, RandomStreams streams) {
    this.folder = folder;
    this.assortment = assortment;
    this.items = items;
    this.streams = streams;
  }

  void writeImages() throws IOException {
    Files.createDirectories(folder.resolve(DataSetFormat.IMAGES));
    PictureArtist artist = new PictureArtist(items, assortment.look(), streams);
    try (Progress progress = Progress.start("images", items.size)) {
      for (int from = 0; from < items.size; from += IMAGES_AT_ONCE) {
        int to = Math.min(items.size, from + IMAGES_AT_ONCE);
        IntStream.range(from, to)
            .parallel()
            .filter(item -> items.hasImage[item])
            .forEach(item -> writeImage(item, artist.picture(item)));
        progress.advance(to - from, Double.NaN);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  void writeTables(Population users, ClickLog log, boolean pctrBase) throws IOException {
    Files.createDirectories(folder.resolve(DataSetFormat.TRUTH_IMPRESSIONS).getParent());
    try (Database database = Database.open()) {
      writeItems(database);
      writeUsers(database, users);
      writeImpressions(database, users, log, pctrBase);
    }
  }

  private void writeItems(Database database) throws IOException {
    TitleWriter titles = new TitleWriter(items, assortment.words(), streams);
    String[] categories = assortment.words().categoryNames();
    write(
        database,
        DataSetFormat.ITEMS + ".parquet",
        "item_id BIGINT, title VARCHAR, image VARCHAR, category VARCHAR",
        items.size,
        (row, i) ->
            row.append(items.id[i])
                .append(titles.title(i))
                .append(items.hasImage[i] ? image(i) : null)
                .append(categories[items.category[i]]));
    write(
        database,
        DataSetFormat.TRUTH_ITEMS,
        "item_id BIGINT, category INTEGER, theme INTEGER, look INTEGER, style_0 DOUBLE,"
            + " style_1 DOUBLE, style_2 DOUBLE, style_3 DOUBLE, visible_appeal DOUBLE,"
            + " hidden_appeal DOUBLE, born_at BIGINT",
        items.size,
        (row, i) ->
            row.append(items.id[i])
                .append(items.category[i])
                .append(items.theme[i])
                .append(items.look[i])
                .append(items.style[i][0])
                .append(items.style[i][1])
                .append(items.style[i][2])
                .append(items.style[i][3])
                .append(items.visibleAppeal[i])
                .append(items.hiddenAppeal[i])
                .append(items.bornAt[i]));
  }

  private void writeUsers(Database database, Population users) throws IOException {
    write(
        database,
        DataSetFormat.USERS + ".parquet",
        "user_id BIGINT, age_band VARCHAR, region VARCHAR",
        users.size,
        (row, i) ->
            row.append(users.id[i])
                .append(Population.AGE_BANDS[users.ageBand[i]])
                .append("region-" + users.region[i]));
  }

  private void writeImpressions(Database database, Population users, ClickLog log, boolean pctrBase)
      throws IOException {
    write(
        database,
        DataSetFormat.IMPRESSIONS + ".parquet",
        "user_id BIGINT, item_id BIGINT, timestamp BIGINT, clicked BOOLEAN, pctr_base DOUBLE,"
            + " hour INTEGER, device VARCHAR",
        log.size(),
        (row, i) ->
            row.append(users.id[log.user[i]])
                .append(items.id[log.item[i]])
                .append(log.time[i])
                .append(log.clicked[i])
                .append(pctrBase ? Double.valueOf(log.pctrBase[i]) : null)
                .append((int) (log.time[i] % Day.SECONDS / 3_600))
                .append(Population.DEVICES[log.device[i]]));
    write(
        database,
        DataSetFormat.TRUTH_IMPRESSIONS,
        "user_id BIGINT, item_id BIGINT, timestamp BIGINT, click_probability DOUBLE",
        log.size(),
        (row, i) ->
            row.append(users.id[log.user[i]])
                .append(items.id[log.item[i]])
                .append(log.time[i])
                .append(log.probability[i]));
  }

  private void write(
      Database database, String file, String columns, int rows, Database.RowWriter writer)
      throws IOException {
    database.execute("CREATE OR REPLACE TABLE output (" + columns + ")");
    database.append("output", rows, writer);
    database.writeParquet(folder.resolve(file), "SELECT * FROM output");
    database.execute("DROP TABLE output");
  }

  private String image(int item) {
    return DataSetFormat.IMAGES + "/" + items.id[item] + ".png";
  }

  private void writeImage(int item, BufferedImage picture) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageWriter png = ImageIO.getImageWritersByFormatName("png").next();
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      png.setOutput(out);
      png.write(picture);
      out.flush();
      Files.write(folder.resolve(image(item)), bytes.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      png.dispose();
    }
  }
}
