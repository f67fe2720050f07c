package io.saviorrec.server.upsert;

import io.saviorrec.content.ImagePreprocessor;
import io.saviorrec.engine.Representations;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.states.KnownItems;
import io.saviorrec.server.states.ModelItems;
import io.saviorrec.server.store.EncoderKey;
import io.saviorrec.server.store.ItemRepresentation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The models that share an encoder and a quantiser, so that an item is encoded once for all of
/// them.
final class EncoderGroup {
  private final EncoderKey key;
  private final ModelEngine engine;
  private final ImagePreprocessor images;
  private final List<KnownItems> catalogues = new ArrayList<>();

  private EncoderGroup(EncoderKey key, ModelItems first) {
    this.key = key;
    this.engine = first.engine();
    this.images = first.images();
  }

  static List<EncoderGroup> of(List<ModelItems> models) {
    Map<EncoderKey, EncoderGroup> groups = new LinkedHashMap<>();
    for (ModelItems model : models) {
      EncoderKey key = model.catalogue().key();
      groups
          .computeIfAbsent(key, k -> new EncoderGroup(k, model))
          .catalogues
          .add(model.catalogue());
    }
    return List.copyOf(groups.values());
  }

  EncoderKey key() {
    return key;
  }

  /// Whether one of the models lacks this content in its item table.
  boolean needs(long itemId, long contentHash) {
    return catalogues.stream().anyMatch(catalogue -> !catalogue.trainedOn(itemId, contentHash));
  }

  /// @throws io.saviorrec.content.ContentException when the file is no readable image
  byte @Nullable [] pixels(byte[] image) {
    return image.length == 0 ? null : images.pixels(image);
  }

  List<ItemRepresentation> encode(List<byte @Nullable []> pixels, List<String> texts) {
    Representations made = engine.encode(pixels.toArray(byte[][]::new), texts);
    int items = texts.size();
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
