package io.saviorrec.server.upsert;

import io.saviorrec.content.ContentException;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.EncoderGroup;
import io.saviorrec.server.store.ItemRepresentation;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.ReadyZ;
import io.saviorrec.server.store.StoredItem;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What one group's encoder is to encode in one call. Owned by one thread.
final class EncoderBatch {
  private static final Logger log = LoggerFactory.getLogger(EncoderBatch.class);

  private final EncoderGroup group;
  private final ItemStore store;
  private final UpsertMetrics metrics;
  private final List<Input> inputs = new ArrayList<>();

  /// Those that bring an embedding of this encoder.
  private final List<Draft> ready = new ArrayList<>();

  /// A draft as the encoder reads it.
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  private record Input(Draft draft, byte @Nullable [] pixels) {}

  EncoderBatch(EncoderGroup group, ItemStore store, UpsertMetrics metrics) {
    this.group = group;
    this.store = store;
    this.metrics = metrics;
  }

  static ItemStore.RepresentationId id(EncoderGroup group, StoredItem item) {
    return new ItemStore.RepresentationId(item.itemId(), item.contentHash(), group.key());
  }

  /// Whether the encoder, or the quantizer alone, can make something of an item.
  static boolean canRead(EncoderGroup group, StoredItem item) {
    ReadyZ z = item.z();
    return item.kind() == StoredItem.Kind.SENT && (z == null || !z.alone() || isOf(group, z));
  }

  private static boolean isOf(EncoderGroup group, ReadyZ z) {
    return z.encoderSha().equals(group.key().encoderSha());
  }

  /// Takes a draft in, unless its content is what the models were trained on, or is stored with
  /// what they made of it, or is nothing that they can read.
  ///
  /// @param wanted called every few milliseconds; what it throws comes out of this
  void add(Draft draft, Runnable wanted) {
    StoredItem item = draft.item();
    if (!draft.good() || !canRead(group, item) || !group.needs(item.itemId(), item.contentHash())) {
      return;
    }
    ItemRepresentation known = store.representations(List.of(id(group, item))).getFirst();
    ReadyZ z = item.z();
    if (known != null) {
      draft.reuse(group.key(), known);
    } else {
      decode(draft, z != null && isOf(group, z), wanted);
    }
  }

  /// @param hasZ whether the picture is only to be kept, which is no reason to keep any file
  private void decode(Draft draft, boolean hasZ, Runnable wanted) {
    byte[] image = draft.content().image();
    long start = System.nanoTime();
    try {
      byte[] pixels = group.pixels(image, wanted);
      if (hasZ) {
        ready.add(draft);
      } else {
        inputs.add(new Input(draft, pixels));
      }
    } catch (ContentException e) {
      draft.fail("image: " + e.getMessage());
    } finally {
      if (image.length > 0) {
        metrics.imageDecoded(System.nanoTime() - start);
      }
    }
  }

  /// These drafts are not wanted any more.
  void drop(Set<Draft> unwanted) {
    inputs.removeIf(input -> unwanted.contains(input.draft));
    ready.removeAll(unwanted);
  }

  /// Encodes all in one call. When that fails each goes alone, so that one that the encoder cannot
  /// take costs the others nothing.
  void encode() {
    quantize();
    inputs.removeIf(input -> !input.draft.good());
    if (inputs.size() > 1) {
      try {
        encode(inputs);
        return;
      } catch (RuntimeException e) {
        log.warn(
            "the encoder failed on {} items, which go one by one: {}", inputs.size(), e.toString());
      }
    }
    for (Input input : inputs) {
      try {
        encode(List.of(input));
      } catch (RuntimeException e) {
        log.error("the encoder failed on item {}", input.draft.item().itemId(), e);
        input.draft.failInEngine("the encoder failed: " + e.getMessage());
      }
    }
  }

  private void quantize() {
    ready.removeIf(draft -> !draft.good());
    if (ready.isEmpty()) {
      return;
    }
    try {
      List<ItemRepresentation> made = group.quantize(ready.stream().map(EncoderBatch::z).toList());
      for (int i = 0; i < made.size(); i++) {
        ready.get(i).encoded(group.key(), made.get(i));
      }
    } catch (RuntimeException e) {
      log.error("the quantizer failed on {} embeddings", ready.size(), e);
      ready.forEach(draft -> draft.failInEngine("the quantizer failed: " + e.getMessage()));
    }
  }

  private static float[] z(Draft draft) {
    return Objects.requireNonNull(draft.item().z(), "of an item that brings one").toArray();
  }

  private void encode(List<Input> some) {
    long start = System.nanoTime();
    try {
      List<byte @Nullable []> pixels = new ArrayList<>(some.size());
      List<String> texts = new ArrayList<>(some.size());
      for (Input input : some) {
        pixels.add(input.pixels);
        texts.add(group.text(input.draft.content()));
      }
      List<ItemRepresentation> made = group.encode(pixels, texts);
      for (int i = 0; i < made.size(); i++) {
        some.get(i).draft.encoded(group.key(), made.get(i));
      }
    } finally {
      metrics.encoded(some.size(), System.nanoTime() - start);
    }
  }
}
