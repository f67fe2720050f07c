package io.saviorrec.server.registry;

import io.saviorrec.content.ImagePreprocessor;
import io.saviorrec.content.ItemContent;
import io.saviorrec.content.TextPart;
import io.saviorrec.engine.Representations;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.states.KnownItems;
import io.saviorrec.server.store.EncoderKey;
import io.saviorrec.server.store.ItemRepresentation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The live models that share an encoder and a quantizer, so that an item is encoded once for all
/// of them.
public final class EncoderGroup {
  private final EncoderKey key;
  private final ModelEngine engine;
  private final ImagePreprocessor images;
  private final List<TextPart> textParts;
  private final List<KnownItems> items = new ArrayList<>();

  private EncoderGroup(EncoderKey key, LiveModel first) {
    this.key = key;
    this.engine = first.engine();
    this.images = first.images();
    this.textParts = first.manifest().text().parts();
  }

  static List<EncoderGroup> of(List<LiveModel> models) {
    Map<EncoderKey, EncoderGroup> groups = new LinkedHashMap<>();
    for (LiveModel model : models) {
      EncoderKey key = model.items().key();
      groups.computeIfAbsent(key, k -> new EncoderGroup(k, model)).items.add(model.items());
    }
    return List.copyOf(groups.values());
  }

  public EncoderKey key() {
    return key;
  }

  /// Whether one of the models lacks this content in its item table.
  public boolean needs(long itemId, long contentHash) {
    return items.stream().anyMatch(known -> !known.trainedOn(itemId, contentHash));
  }

  /// An image as the encoder reads it; null: there is none.
  ///
  /// @param wanted called every few milliseconds; what it throws ends the work and comes out of it
  /// @throws io.saviorrec.content.ContentException when the file is no readable image
  public byte @Nullable [] pixels(byte[] image, Runnable wanted) {
    return image.length == 0 ? null : images.pixels(image, wanted);
  }

  /// The words of an item that the encoder reads.
  public String text(ItemContent content) {
    return content.encoderText(textParts);
  }

  /// What the quantizer makes of embeddings of the encoder, in their order.
  public List<ItemRepresentation> quantize(List<float[]> embeddings) {
    int zDim = embeddings.getFirst().length;
    float[] z = new float[embeddings.size() * zDim];
    for (int i = 0; i < embeddings.size(); i++) {
      System.arraycopy(embeddings.get(i), 0, z, i * zDim, zDim);
    }
    return split(new Representations(z, engine.quantize(z)), embeddings.size());
  }

  /// What the encoder and the quantizer make of items, in their order.
  public List<ItemRepresentation> encode(List<byte @Nullable []> pixels, List<String> texts) {
    return split(engine.encode(pixels.toArray(byte[][]::new), texts), texts.size());
  }

  private static List<ItemRepresentation> split(Representations made, int items) {
    int zDim = made.z().length / items;
    int levels = made.codes().length / items;
    List<ItemRepresentation> result = new ArrayList<>(items);
    for (int i = 0; i < items; i++) {
      result.add(
          new ItemRepresentation(
              Arrays.copyOfRange(made.z(), i * zDim, (i + 1) * zDim),
              Arrays.copyOfRange(made.codes(), i * levels, (i + 1) * levels)));
    }
    return result;
  }
}
