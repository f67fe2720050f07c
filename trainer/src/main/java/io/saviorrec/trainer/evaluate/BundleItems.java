package io.saviorrec.trainer.evaluate;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.FloatRows;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.content.ContentException;
import io.saviorrec.content.EncodedText;
import io.saviorrec.content.ImagePreprocessor;
import io.saviorrec.content.ItemContent;
import io.saviorrec.content.TextPart;
import io.saviorrec.content.TextTokenizer;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.ranker.ItemFeatures;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/// The z and codes of a catalogue as a bundle sees it: from its item table where the content is the
/// same, otherwise from its encoder and quantizer, as a server does for items that arrive later.
///
/// @param z a row of an item each
/// @param codes i32[N*L]
/// @param encoded items that were not in the item table
public record BundleItems(FloatRows z, int[] codes, int levels, int codebookSize, int encoded) {
  private static final int BATCH = 64;

  /// Reads the content of the whole catalogue.
  public static BundleItems of(Bundle bundle, ItemCatalogue catalogue) {
    Manifest manifest = bundle.manifest();
    int zDim = manifest.dims().zDim();
    int levels = manifest.dims().levels();
    FloatRows z = FloatRows.zeros(catalogue.size(), zDim);
    float[] ofItem = new float[zDim];
    int[] codes = new int[Math.multiplyExact(catalogue.size(), levels)];
    List<ItemContent> missing = new ArrayList<>();
    try (ItemTable table = bundle.items()) {
      for (int i = 0; i < catalogue.size(); i++) {
        ItemContent content = catalogue.content(i);
        int row = table.find(content.itemId());
        if (row >= 0 && table.contentHash(row) == content.hash()) {
          table.z(row, ofItem, 0);
          z.put(i, ofItem, 0);
          table.codes(row, codes, i * levels);
        } else {
          missing.add(content);
        }
      }
    }
    encode(bundle, missing, catalogue, z, codes);
    return new BundleItems(z, codes, levels, manifest.dims().codebookSize(), missing.size());
  }

  /// z of some items of a catalogue, with zeros for the others. An item of the table is taken as it
  /// is there, so only what the table lacks is read.
  public static FloatRows z(Bundle bundle, ItemCatalogue catalogue, IntPredicate wanted) {
    int zDim = bundle.manifest().dims().zDim();
    FloatRows z = FloatRows.zeros(catalogue.size(), zDim);
    float[] ofItem = new float[zDim];
    List<ItemContent> missing = new ArrayList<>();
    try (ItemTable table = bundle.items()) {
      for (int i = 0; i < catalogue.size(); i++) {
        if (wanted.test(i)) {
          int row = table.find(catalogue.itemId(i));
          if (row >= 0) {
            table.z(row, ofItem, 0);
            z.put(i, ofItem, 0);
          } else {
            missing.add(catalogue.content(i));
          }
        }
      }
    }
    int[] codes = new int[Math.multiplyExact(catalogue.size(), bundle.manifest().dims().levels())];
    encode(bundle, missing, catalogue, z, codes);
    return z;
  }

  private static void encode(
      Bundle bundle, List<ItemContent> missing, ItemCatalogue catalogue, FloatRows z, int[] codes) {
    if (missing.isEmpty()) {
      return;
    }
    Manifest manifest = bundle.manifest();
    int zDim = manifest.dims().zDim();
    int levels = manifest.dims().levels();
    ScriptModule encoder = ScriptModule.load(bundle.path(Bundle.ENCODER));
    ScriptModule rq = ScriptModule.load(bundle.path(Bundle.RQ));
    int size = manifest.image().size();
    List<TextPart> parts = manifest.text().parts();
    ImagePreprocessor images = new ImagePreprocessor(size);
    try (TextTokenizer tokenizer =
            TextTokenizer.load(bundle.path(Bundle.TOKENIZER), manifest.text().maxTokens());
        Progress progress = Progress.start("encoding new items", missing.size())) {
      for (int from = 0; from < missing.size(); from += BATCH) {
        List<ItemContent> batch = missing.subList(from, Math.min(missing.size(), from + BATCH));
        try (var _ = new PointerScope();
            var _ = new NoGradGuard()) {
          int rows = batch.size();
          byte[] pixels = new byte[rows * images.length()];
          boolean[] present = new boolean[rows];
          for (int i = 0; i < rows; i++) {
            present[i] = read(images, batch.get(i), pixels, i * images.length());
          }
          EncodedText text =
              tokenizer.encode(batch.stream().map(each -> each.encoderText(parts)).toList());
          Tensor batchZ =
              encoder.callTensor(
                  "forward",
                  Tensors.bytes(pixels, rows, 3, size, size),
                  Tensors.booleans(present, rows),
                  Tensors.longs(text.ids(), rows, text.width()),
                  Tensors.booleans(text.mask(), rows, text.width()));
          float[] newZ = Tensors.toFloats(batchZ);
          long[] newCodes = Tensors.toLongs(rq.callTensor("quantize", batchZ));
          for (int i = 0; i < rows; i++) {
            int item = catalogue.indexOf(batch.get(i).itemId());
            z.put(item, newZ, i * zDim);
            for (int level = 0; level < levels; level++) {
              codes[item * levels + level] = Math.toIntExact(newCodes[i * levels + level]);
            }
          }
          progress.advance(rows, Double.NaN);
        }
      }
    }
  }

  private static boolean read(
      ImagePreprocessor images, ItemContent content, byte[] pixels, int at) {
    if (content.image().length == 0) {
      return false;
    }
    try {
      System.arraycopy(images.pixels(content.image()), 0, pixels, at, images.length());
      return true;
    } catch (ContentException e) {
      System.err.println(
          "item " + content.itemId() + " is encoded without its image: " + e.getMessage());
      return false;
    }
  }

  /// As features of the catalogue's items.
  public ItemFeatures features(ItemCatalogue catalogue, FeatureSchema schema) {
    return new ItemFeatures(catalogue, schema, z, codes, levels, codebookSize);
  }
}
