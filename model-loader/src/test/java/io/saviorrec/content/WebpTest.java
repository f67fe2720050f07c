package io.saviorrec.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// WebP files as the encoder gets them. The PNG files beside them are what libwebp decodes.
@Timeout(60)
class WebpTest {
  private static final int WIDTH = 40;
  private static final int HEIGHT = 24;
  private static final int SIZE = 32;
  private static final int LOSSLESS_SIGNATURE = 0x2f;

  private final ImagePreprocessor images = new ImagePreprocessor(SIZE);

  @ParameterizedTest
  @ValueSource(strings = {"lossless", "lossless-alpha"})
  void whatLosesNothingHasThePixelsOfItsPng(String name) {
    assertThat(images.pixels(file(name + ".webp"))).isEqualTo(images.pixels(file(name + ".png")));
  }

  /// Decoders differ in how they smooth colours, which are stored at half the resolution.
  @ParameterizedTest
  @ValueSource(strings = {"lossy", "lossy-alpha"})
  void aLossyPictureLooksAsLibwebpShowsIt(String name) {
    byte[] pixels = images.pixels(file(name + ".webp"));
    byte[] expected = images.pixels(file(name + ".png"));
    long difference = 0;
    for (int i = 0; i < pixels.length; i++) {
      difference += Math.abs((pixels[i] & 0xff) - (expected[i] & 0xff));
    }

    assertThat((double) difference / pixels.length).isLessThan(4);
  }

  @Test
  void profilesAndMetadataChangeNothing() {
    assertThat(images.pixels(file("metadata.webp"))).isEqualTo(images.pixels(file("lossy.webp")));
  }

  @Test
  void refusesAnimations() {
    assertThatThrownBy(() -> images.pixels(file("animated.webp")))
        .isInstanceOf(ContentException.class)
        .hasMessage("The WebP file is animated; send a still picture");
  }

  @Test
  void refusesWhatOnlyBeginsLikeOne() {
    byte[] sound = file("lossy.webp");
    sound[8] = 'W';
    sound[9] = 'A';
    sound[10] = 'V';

    assertThatThrownBy(() -> images.pixels(sound))
        .isInstanceOf(ContentException.class)
        .hasMessage("The image is neither a JPEG nor a PNG nor a WebP file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lossy", "lossless", "lossy-alpha", "lossless-alpha", "metadata"})
  void refusesFilesThatAreCutOffAnywhere(String name) {
    byte[] file = file(name + ".webp");
    for (int length = 0; length < file.length; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThatThrownBy(() -> images.pixels(cut))
          .as(length + " bytes")
          .isInstanceOf(ContentException.class);
    }
  }

  @Test
  void refusesHugeDimensionsByTheHeader() {
    ImagePreprocessor strict =
        new ImagePreprocessor(SIZE, new ImageLimits(100, 5000, Duration.ofSeconds(5)));
    byte[] wide = lossless(101, 1, new BitSet(), 8);
    byte[] large = lossless(100, 51, new BitSet(), 8);

    assertThatThrownBy(() -> strict.pixels(wide))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("101 × 1 pixels, more than the limit of 100 a side");
    assertThatThrownBy(() -> strict.pixels(large))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("100 × 51 pixels, more than the limit of 5000");
  }

  @Test
  void refusesAPictureThatIsNotAsLargeAsItsFileSays() {
    byte[] file = file("lossy-alpha.webp");
    // The canvas's width.
    file[24]++;

    assertThatThrownBy(() -> images.pixels(file))
        .isInstanceOf(ContentException.class)
        .hasMessage(
            "The WebP file contradicts itself: a picture of %d × %d on a canvas of %d × %d pixels"
                .formatted(WIDTH, HEIGHT, WIDTH + 1, HEIGHT));
  }

  /// 16 pixels that say that they need 65 536 groups of codes, in 160 kilobytes.
  @Test
  void refusesTablesThatTakeAThousandTimesTheSizeOfTheFile() {
    BitSet bits = new BitSet();
    // Neither a transform nor a cache of colours, but groups of codes, for 4 × 4 pixels each.
    int at = 2;
    bits.set(at++);
    at += 3;
    // Which group each has: no cache; the codes of green and red have one symbol, 255.
    at++;
    for (int code = 0; code < 5; code++) {
      boolean largest = code < 2;
      bits.set(at);
      bits.set(at + 2, largest);
      at += 3;
      int width = largest ? 8 : 1;
      bits.set(at, at + width, largest);
      at += width;
    }
    // The groups: five codes each, of one symbol.
    for (int code = 0; code < 5 * 65536; code++) {
      bits.set(at);
      at += 4;
    }
    byte[] bomb = lossless(4, 4, bits, at);

    assertThatThrownBy(() -> images.pixels(bomb))
        .isInstanceOf(ContentException.class)
        .hasMessage("The image takes far more memory to decode than its size does; save it anew");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lossy", "lossless", "lossy-alpha", "lossless-alpha"})
  void alteredFilesAreDecodedOrRefusedAndNothingElse(String name) {
    byte[] file = file(name + ".webp");
    Random random = new Random(7);
    for (int i = 0; i < 1500; i++) {
      byte[] altered = file.clone();
      for (int change = 0; change <= random.nextInt(4); change++) {
        altered[random.nextInt(altered.length)] = (byte) random.nextInt();
      }
      try {
        assertThat(images.pixels(altered)).hasSize(images.length());
      } catch (ContentException e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
  }

  private static byte[] lossless(int width, int height, BitSet bits, int count) {
    byte[] data = Arrays.copyOf(bits.toByteArray(), (count + 7) / 8 + 8);
    int length = 5 + data.length;
    int padded = length + (length & 1);
    ByteBuffer out = ByteBuffer.allocate(20 + padded).order(ByteOrder.LITTLE_ENDIAN);
    out.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(12 + padded);
    out.put("WEBPVP8L".getBytes(StandardCharsets.US_ASCII)).putInt(length);
    out.put((byte) LOSSLESS_SIGNATURE).putInt((width - 1) | ((height - 1) << 14)).put(data);
    return out.array();
  }

  private static byte[] file(String name) {
    try (InputStream in = WebpTest.class.getResourceAsStream("/webp/" + name)) {
      if (in == null) {
        throw new IllegalArgumentException("no file " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
