package io.saviorrec.server.upsert;

import io.saviorrec.content.ContentException;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.EncoderGroup;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.ItemRepresentation;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.store.StoreException;
import io.saviorrec.server.store.StoredItem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Encodes a few drafts at a time and stores them.
final class Encoding {
  private static final Logger log = LoggerFactory.getLogger(Encoding.class);

  /// Once decoding pictures has taken so long, no further one is begun: others wait.
  private static final long TURN_NANOS = 100_000_000;

  private final SentItems sent;
  private final int encodeBatch;
  private final UpsertMetrics metrics;

  /// What one group's encoder is to encode.
  private final class Batch {
    private final EncoderGroup group;
    private final Set<Draft> needing;
    private final List<Draft> drafts = new ArrayList<>();
    private final List<byte @Nullable []> pixels = new ArrayList<>();

    Batch(EncoderGroup group, List<Draft> all) {
      this.group = group;
      this.needing = notStored(group, all);
    }

    void decode(Draft draft, Call call) {
      if (!draft.good() || !needing.contains(draft)) {
        return;
      }
      byte[] image = draft.content().image();
      long start = System.nanoTime();
      try {
        pixels.add(group.pixels(image, call::check));
        drafts.add(draft);
      } catch (ContentException e) {
        draft.fail("image: " + e.getMessage());
      } finally {
        if (image.length > 0) {
          metrics.imageDecoded(System.nanoTime() - start);
        }
      }
    }

    void encode() {
      if (drafts.isEmpty()) {
        return;
      }
      long start = System.nanoTime();
      try {
        List<String> texts = drafts.stream().map(draft -> draft.content().encoderText()).toList();
        List<ItemRepresentation> made = group.encode(pixels, texts);
        for (int i = 0; i < drafts.size(); i++) {
          drafts.get(i).encoded(group.key(), made.get(i));
        }
      } catch (RuntimeException e) {
        log.error("the encoder failed on {} items", drafts.size(), e);
        drafts.forEach(draft -> draft.fail("the encoder failed: " + e.getMessage()));
      } finally {
        metrics.encoded(drafts.size(), System.nanoTime() - start);
      }
    }
  }

  Encoding(SentItems sent, int encodeBatch, UpsertMetrics metrics) {
    this.sent = sent;
    this.encodeBatch = encodeBatch;
    this.metrics = metrics;
  }

  /// Encodes and stores the first of these drafts: as many as one encoder call takes, or fewer when
  /// their pictures are slow.
  ///
  /// @return how many were dealt with, at least one; those that cannot be used say so
  /// @throws RequestException when the call has ended
  /// @throws StoreException when nothing can be stored
  int encodeAndStore(List<EncoderGroup> groups, List<Draft> drafts, Call call) {
    call.check();
    // Before anything is computed for nothing.
    sent.store().requireRoom();
    List<Draft> all = drafts.subList(0, Math.min(drafts.size(), encodeBatch));
    List<Batch> batches = groups.stream().map(group -> new Batch(group, all)).toList();
    long start = System.nanoTime();
    int done = 0;
    do {
      Draft draft = all.get(done++);
      batches.forEach(batch -> batch.decode(draft, call));
    } while (done < all.size() && System.nanoTime() - start < TURN_NANOS);
    call.check();
    batches.forEach(Batch::encode);
    List<ItemStore.Entry> entries =
        all.subList(0, done).stream().filter(Draft::good).map(Draft::entry).toList();
    if (!entries.isEmpty()) {
      sent.put(entries);
    }
    return done;
  }

  /// The drafts that these models must encode; the others' content is what they were trained on, or
  /// is stored with what they made of it.
  private Set<Draft> notStored(EncoderGroup group, List<Draft> drafts) {
    List<Draft> needing =
        drafts.stream()
            .filter(Draft::good)
            .filter(draft -> group.needs(draft.item().itemId(), draft.item().contentHash()))
            .toList();
    List<@Nullable ItemRepresentation> known =
        sent.store()
            .representations(needing.stream().map(draft -> id(group, draft.item())).toList());
    Set<Draft> left = new HashSet<>();
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

  static ItemStore.RepresentationId id(EncoderGroup group, StoredItem item) {
    return new ItemStore.RepresentationId(item.itemId(), item.contentHash(), group.key());
  }
}
