package io.saviorrec.trainer.encoder;

import io.saviorrec.content.ContentException;
import io.saviorrec.content.EncodedText;
import io.saviorrec.content.ImagePreprocessor;
import io.saviorrec.content.ItemContent;
import io.saviorrec.content.TextPart;
import io.saviorrec.content.TextTokenizer;
import io.saviorrec.trainer.console.Interruption;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.torch.Tensors;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/// Every item's pixels and tokens, preprocessed once, and batches of them as tensors.
final class ItemInputs implements AutoCloseable {
  private static final int CHUNK = 512;

  /// The encoder's four inputs for some items; texts are cut to the longest of them.
  ///
  /// @param textPresent `[B]`: whether the item has words; not an input
  record Batch(
      Tensor images, Tensor imagePresent, Tensor tokenIds, Tensor tokenMask, Tensor textPresent) {}

  /// Tokens of some items, cut to the longest of them.
  record Words(Tensor tokenIds, Tensor tokenMask) {}

  private final EncoderConfig config;
  private final List<TextPart> textParts;
  private final PixelStore pixels;
  private final boolean[] imagePresent;
  private final String[] imageErrors;
  private final String[] texts;
  private int[] tokens = new int[0];
  private int[] tokenCount = new int[0];

  private ItemInputs(EncoderConfig config, List<TextPart> textParts, int items, Path scratch) {
    this.config = config;
    this.textParts = textParts;
    this.pixels = PixelStore.create(scratch, items, 3 * config.imageSize() * config.imageSize());
    this.imagePresent = new boolean[items];
    this.imageErrors = new String[items];
    Arrays.fill(imageErrors, "");
    this.texts = new String[items];
  }

  /// Reads all items on all processors. An item whose picture cannot be read is kept without one.
  ///
  /// @param textParts of their words that are read
  /// @param scratch a folder with room for all pixels
  static ItemInputs read(
      EncoderConfig config,
      List<TextPart> textParts,
      int items,
      IntFunction<ItemContent> content,
      Path scratch) {
    ItemInputs inputs = new ItemInputs(config, textParts, items, scratch);
    ImagePreprocessor images = new ImagePreprocessor(config.imageSize());
    try (Progress progress = Progress.start("reading items", items)) {
      for (int from = 0; from < items; from += CHUNK) {
        Interruption.check();
        int to = Math.min(items, from + CHUNK);
        IntStream.range(from, to).parallel().forEach(i -> inputs.read(i, content, images));
        progress.advance(to - from, Double.NaN);
      }
    } catch (RuntimeException e) {
      inputs.close();
      throw e;
    }
    return inputs;
  }

  private void read(int item, IntFunction<ItemContent> content, ImagePreprocessor images) {
    ItemContent read = content.apply(item);
    texts[item] = read.encoderText(textParts);
    if (read.image().length == 0) {
      return;
    }
    try {
      pixels.put(item, images.pixels(read.image()));
      imagePresent[item] = true;
    } catch (ContentException | UncheckedIOException e) {
      imageErrors[item] = "item " + read.itemId() + ": " + e.getMessage();
    }
  }

  /// What each unreadable picture's problem was.
  List<String> unreadableImages() {
    return Arrays.stream(imageErrors).filter(error -> !error.isEmpty()).toList();
  }

  int size() {
    return texts.length;
  }

  String text(int item) {
    return texts[item];
  }

  boolean hasImage(int item) {
    return imagePresent[item];
  }

  boolean hasText(int item) {
    return !texts[item].isEmpty();
  }

  /// Tokenises every item's text; to be called once, before [#batch].
  void tokenize(TextTokenizer tokenizer) {
    int width = config.maxTokens();
    tokens = new int[Math.multiplyExact(size(), width)];
    tokenCount = new int[size()];
    for (int from = 0; from < size(); from += CHUNK) {
      int to = Math.min(size(), from + CHUNK);
      EncodedText encoded = tokenizer.encode(Arrays.asList(texts).subList(from, to));
      for (int i = 0; i < (to - from) * width; i++) {
        if (encoded.mask()[i]) {
          tokens[from * width + i] = (int) encoded.ids()[i];
          tokenCount[from + i / width]++;
        }
      }
    }
  }

  /// Tokens of an item's text.
  int tokens(int item) {
    return tokenCount[item];
  }

  /// How often each token stands in the texts of these items.
  long[] tokenCounts(int[] items, int vocabulary) {
    long[] counts = new long[vocabulary];
    for (int item : items) {
      for (int t = 0; t < tokenCount[item]; t++) {
        counts[tokens[item * config.maxTokens() + t]]++;
      }
    }
    return counts;
  }

  /// At most so many of the items, evenly spread.
  static int[] evenly(int[] items, int most) {
    int count = Math.min(most, items.length);
    return IntStream.range(0, count)
        .map(i -> items[(int) ((long) i * items.length / count)])
        .toArray();
  }

  /// The tokens of some items; -1 stands for an item without any.
  Words words(int[] items) {
    int longest = 1;
    for (int item : items) {
      longest = Math.max(longest, item < 0 ? 0 : tokenCount[item]);
    }
    long[] ids = new long[items.length * longest];
    boolean[] mask = new boolean[items.length * longest];
    for (int row = 0; row < items.length; row++) {
      int item = items[row];
      for (int t = 0; item >= 0 && t < tokenCount[item]; t++) {
        ids[row * longest + t] = tokens[item * config.maxTokens() + t];
        mask[row * longest + t] = true;
      }
    }
    return new Words(
        Tensors.longs(ids, items.length, longest), Tensors.booleans(mask, items.length, longest));
  }

  Batch batch(int[] items) {
    int rowBytes = 3 * config.imageSize() * config.imageSize();
    byte[] images = new byte[Math.multiplyExact(items.length, rowBytes)];
    boolean[] present = new boolean[items.length];
    boolean[] spoken = new boolean[items.length];
    for (int row = 0; row < items.length; row++) {
      int item = items[row];
      pixels.get(item, images, row * rowBytes);
      present[row] = imagePresent[item];
      spoken[row] = hasText(item);
    }
    Words words = words(items);
    int size = config.imageSize();
    return new Batch(
        Tensors.bytes(images, items.length, 3, size, size),
        Tensors.booleans(present, items.length),
        words.tokenIds(),
        words.tokenMask(),
        Tensors.booleans(spoken, items.length));
  }

  @Override
  public void close() {
    pixels.close();
  }
}
