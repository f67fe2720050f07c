package io.saviorrec.server.upsert;

import io.saviorrec.content.ContentException;
import io.saviorrec.content.ItemContent;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.EncoderGroup;
import io.saviorrec.server.registry.LiveModels;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.SnapshotHandle;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.ItemRepresentation;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.store.StoredItem;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes items that arrive after training: validates, encodes, stores and publishes them.
///
/// Encoding is slow, so it has a lane of its own and never waits in the queue of scoring. An item
/// that cannot be used costs the others of its request nothing.
public final class ItemIntake {
  private static final Logger log = LoggerFactory.getLogger(ItemIntake.class);

  private final Registry registry;
  private final SentItems sent;
  private final ServerConfig.Items config;
  private final ItemValidator validator;
  private final Lane lane;
  private final UpsertMetrics metrics;

  public ItemIntake(
      Registry registry,
      SentItems sent,
      ServerConfig.Items config,
      Lane lane,
      UpsertMetrics metrics) {
    this.registry = registry;
    this.sent = sent;
    this.config = config;
    this.lane = lane;
    this.metrics = metrics;
    this.validator = new ItemValidator(config);
  }

  public CompletableFuture<UpsertItemsResponse> upsert(UpsertItemsRequest request, Call call) {
    if (request.getItemsCount() == 0) {
      throw RequestException.invalid("items is empty");
    }
    if (request.getItemsCount() > config.maxUpsertBatch()) {
      throw RequestException.invalid(
          "items has "
              + request.getItemsCount()
              + " entries; the most is items.maxUpsertBatch = "
              + config.maxUpsertBatch());
    }
    return lane.submit(call, queuedNanos -> upsertNow(request, call));
  }

  private UpsertItemsResponse upsertNow(UpsertItemsRequest request, Call call) {
    List<Draft> drafts;
    try (SnapshotHandle live = registry.acquireAll()) {
      LiveModels models = live.models();
      drafts = validator.validate(request.getItemsList(), models.features());
      for (List<Draft> chunk : chunks(drafts.stream().filter(Draft::good).toList())) {
        // What is stored so far stays stored: sending the rest again is harmless.
        call.check();
        encodeAndStore(models.encoderGroups(), chunk);
      }
    }
    UpsertItemsResponse.Builder response = UpsertItemsResponse.newBuilder();
    for (Draft draft : drafts) {
      metrics.count(draft.good(), draft.unchanged());
      response.addResults(draft.result());
    }
    return response.build();
  }

  /// Encodes stored items for archives of live models that have not seen them: after a start with a
  /// new encoder. Items that cannot be encoded any more are logged and stay unknown to that model.
  ///
  /// @return how many were encoded
  public int encodeMissing() {
    try (SnapshotHandle live = registry.acquireAll()) {
      return encodeMissing(live.models().encoderGroups());
    }
  }

  private int encodeMissing(List<EncoderGroup> groups) {
    List<Long> missing = new ArrayList<>();
    sent.store()
        .forEach(
            item -> {
              if (groups.stream().anyMatch(group -> lacks(group, item))) {
                missing.add(item.itemId());
              }
            });
    if (missing.isEmpty()) {
      return 0;
    }
    log.info("encoding {} stored items for the archives of the loaded models", missing.size());
    int encoded = 0;
    for (int from = 0; from < missing.size(); from += config.encodeBatch()) {
      List<Draft> chunk =
          stored(missing.subList(from, Math.min(missing.size(), from + config.encodeBatch())));
      encodeAndStore(groups, chunk);
      for (Draft draft : chunk) {
        if (draft.good()) {
          encoded++;
        } else {
          log.warn("stored item cannot be encoded: {}", draft.result().getError());
        }
      }
    }
    return encoded;
  }

  private boolean lacks(EncoderGroup group, StoredItem item) {
    return group.needs(item.itemId(), item.contentHash())
        && sent.store().representations(List.of(id(group, item))).getFirst() == null;
  }

  private static ItemStore.RepresentationId id(EncoderGroup group, StoredItem item) {
    return new ItemStore.RepresentationId(item.itemId(), item.contentHash(), group.key());
  }

  private List<Draft> stored(List<Long> itemIds) {
    List<Draft> drafts = new ArrayList<>(itemIds.size());
    for (StoredItem item :
        sent.store().items(itemIds.stream().mapToLong(Long::longValue).toArray())) {
      if (item != null) {
        byte[] image = sent.store().image(item.itemId());
        drafts.add(
            Draft.of(
                item,
                new ItemContent(item.itemId(), item.title(), item.category(), item.text(), image)));
      }
    }
    return drafts;
  }

  private List<List<Draft>> chunks(List<Draft> drafts) {
    List<List<Draft>> chunks = new ArrayList<>();
    for (int from = 0; from < drafts.size(); from += config.encodeBatch()) {
      chunks.add(drafts.subList(from, Math.min(drafts.size(), from + config.encodeBatch())));
    }
    return chunks;
  }

  private void encodeAndStore(List<EncoderGroup> groups, List<Draft> chunk) {
    for (EncoderGroup group : groups) {
      encode(group, chunk);
    }
    List<Draft> good = chunk.stream().filter(Draft::good).toList();
    if (!good.isEmpty()) {
      sent.put(good.stream().map(Draft::entry).toList());
    }
  }

  private void encode(EncoderGroup group, List<Draft> chunk) {
    List<Draft> fresh = new ArrayList<>();
    List<byte @Nullable []> pixels = new ArrayList<>();
    for (Draft draft : notStored(group, chunk)) {
      byte[] image = draft.content().image();
      long start = System.nanoTime();
      try {
        pixels.add(group.pixels(image));
        fresh.add(draft);
      } catch (ContentException e) {
        draft.fail("image: " + e.getMessage());
      } finally {
        if (image.length > 0) {
          metrics.imageDecoded(System.nanoTime() - start);
        }
      }
    }
    if (fresh.isEmpty()) {
      return;
    }
    long start = System.nanoTime();
    try {
      List<String> texts = fresh.stream().map(draft -> draft.content().encoderText()).toList();
      List<ItemRepresentation> made = group.encode(pixels, texts);
      for (int i = 0; i < fresh.size(); i++) {
        fresh.get(i).encoded(group.key(), made.get(i));
      }
    } catch (RuntimeException e) {
      log.error("the encoder failed on {} items", fresh.size(), e);
      fresh.forEach(draft -> draft.fail("the encoder failed: " + e.getMessage()));
    } finally {
      metrics.encoded(fresh.size(), System.nanoTime() - start);
    }
  }

  /// The drafts that these models must encode; the others' content is what they were trained on, or
  /// is stored with what they made of it.
  private List<Draft> notStored(EncoderGroup group, List<Draft> chunk) {
    List<Draft> needing =
        chunk.stream()
            .filter(Draft::good)
            .filter(draft -> group.needs(draft.item().itemId(), draft.item().contentHash()))
            .toList();
    List<@Nullable ItemRepresentation> known =
        sent.store()
            .representations(needing.stream().map(draft -> id(group, draft.item())).toList());
    List<Draft> left = new ArrayList<>();
    for (int i = 0; i < needing.size(); i++) {
      ItemRepresentation representation = known.get(i);
      if (representation == null) {
        left.add(needing.get(i));
      } else {
        needing.get(i).reuse(group.key(), representation);
      }
    }
    return left;
  }
}
