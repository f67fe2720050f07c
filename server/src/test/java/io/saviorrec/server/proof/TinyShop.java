package io.saviorrec.server.proof;

import com.google.protobuf.ByteString;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.fakes.TinyRepository;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/// A repository of one tiny model with several hundred items, and requests to it.
final class TinyShop {
  static final int ITEMS = 400;

  private static final String[] TITLES = {"red", "wizard", "red wizard", "杯子", "red 杯"};

  /// Written once for all tests of this JVM that ask for it.
  private static final class Written {
    static final Path REPOSITORY = writeRepository();

    private Written() {}
  }

  private TinyShop() {}

  static Path repository() {
    return Written.REPOSITORY;
  }

  private static Path writeRepository() {
    try {
      Path repository = Files.createTempDirectory(Path.of("target"), "tiny-shop").toAbsolutePath();
      TinyRepository.write(repository, 1, ITEMS);
      return repository;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// A page view of items that training knew.
  static ScoreRequest page(Random random, int candidates) {
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder()
            .setRequestId("page-" + random.nextInt(1_000_000))
            .setUser(
                User.newBuilder()
                    .setUserId(random.nextInt(1, 1000))
                    .putProfile("age", number(random.nextInt(80)))
                    .addHistory(known(random))
                    .addHistory(known(random))
                    .addHistory(known(random)))
            .putContext("hour", number(random.nextInt(24)));
    for (int i = 0; i < candidates; i++) {
      Candidate.Builder candidate = request.addCandidatesBuilder().setItemId(known(random));
      if (random.nextBoolean()) {
        candidate.setPctrBase(random.nextDouble());
      }
    }
    return request.build();
  }

  private static long known(Random random) {
    return TinyRepository.FIRST_ITEM + random.nextInt(ITEMS);
  }

  private static FeatureValue number(double value) {
    return FeatureValue.newBuilder().setNumber(value).build();
  }

  /// An item whose score differs from one content version to the next.
  static Item item(long itemId, int version) {
    return Item.newBuilder()
        .setItemId(itemId)
        .setTitle(TITLES[version % TITLES.length])
        .setCategory("c" + version % 3)
        .setImage(picture(1 + version * 7 % 250))
        .putStats("pv", version % 13)
        .build();
  }

  static UpsertItemsRequest upsert(Item... items) {
    return UpsertItemsRequest.newBuilder().addAllItems(List.of(items)).build();
  }

  private static ByteString picture(int grey) {
    BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(new Color(grey, grey, grey));
    graphics.fillRect(0, 0, 4, 4);
    graphics.dispose();
    return png(image);
  }

  /// A picture that nothing compresses: about three bytes a pixel.
  static ByteString noise(long seed, int size) {
    Random random = new Random(seed);
    BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, size, size, random.ints((long) size * size).toArray(), 0, size);
    return png(image);
  }

  private static ByteString png(BufferedImage image) {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", png);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ByteString.copyFrom(png.toByteArray());
  }
}
