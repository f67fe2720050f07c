package io.saviorrec.server.registry;

import io.saviorrec.bundle.BundleWatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.content.ImageLimits;
import io.saviorrec.content.ImagePreprocessor;
import io.saviorrec.contract.RequestEncoder;
import io.saviorrec.contract.UserTastes;
import io.saviorrec.server.admission.ComputeEstimate;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.metrics.Meters;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.states.KnownItems;
import io.saviorrec.server.states.ModelStates;
import io.saviorrec.server.states.ReferenceCount;
import io.saviorrec.server.store.EncoderKey;
import io.saviorrec.server.store.SentItems;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One model version that is live, with everything that scoring with it needs.
///
/// Lifetime: it is held once for being live, from its making to [#retire], and once by each
/// [ModelHandle]. The last to let go frees the engine, the mapped tables and the meters; so they
/// are never freed under a running call, and a call that ends late frees them itself.
public final class LiveModel {
  private static final Logger log = LoggerFactory.getLogger(LiveModel.class);

  private final Manifest manifest;
  private final BundleWatch files;
  private final ModelEngine engine;
  private final ItemTable table;
  private final UserTastes tastes;
  private final SentItems sent;
  private final KnownItems items;
  private final ModelStates states;
  private final ImagePreprocessor images;
  private final RequestEncoder requests;
  private final ModelMetrics metrics;
  private final ComputeEstimate scoringTime = new ComputeEstimate();
  private final ComputeEstimate shortScoringTime = new ComputeEstimate(scoringTime);
  private final ReferenceCount holders = new ReferenceCount(1);

  /// A model that is held for being live.
  ///
  /// @param manifest what the bundle says of itself
  /// @param files notices that the bundle's files were changed
  /// @param engine its computations, freed with the model
  /// @param table its mapped item table, freed with the model
  /// @param tastes its mapped taste profiles, freed with the model
  /// @param sent the items that were sent after training
  /// @param meters a group for this model alone
  /// @param imageLimits what an image may cost
  /// @param capacity states kept
  LiveModel(
      Manifest manifest,
      BundleWatch files,
      ModelEngine engine,
      ItemTable table,
      UserTastes tastes,
      SentItems sent,
      Meters meters,
      ImageLimits imageLimits,
      ModelStates.Capacity capacity) {
    this.manifest = manifest;
    this.files = files;
    this.metrics =
        new ModelMetrics(meters, manifest.model(), manifest.version(), manifest.variant());
    this.engine = new CountedEngine(engine, metrics);
    this.table = table;
    this.tastes = tastes;
    this.sent = sent;
    this.items = new KnownItems(manifest, table, sent);
    this.states = new ModelStates(manifest, this.engine, items, tastes, capacity);
    this.images = new ImagePreprocessor(manifest.image().size(), imageLimits);
    this.requests = RequestEncoder.of(manifest);
    ModelGauges.register(metrics, manifest, states, items);
    sent.listen(states);
  }

  /// One more holder; false when the model was retired and let go by everybody.
  boolean retain() {
    return holders.retain();
  }

  void release() {
    if (holders.release()) {
      free();
    }
  }

  /// Lets go of a model that is live no more, or never will be.
  void retire() {
    release();
  }

  /// Whether somebody holds the model still.
  public boolean open() {
    return holders.holders() > 0;
  }

  private void free() {
    sent.forget(states);
    metrics.meters().close();
    try (tastes;
        table;
        engine) {
      log.info("closing {}", this);
    } catch (RuntimeException e) {
      // The call that let go last did nothing wrong and must not fail for it.
      log.error("cannot close {}", this, e);
    }
  }

  public String model() {
    return manifest.model();
  }

  public long version() {
    return manifest.version();
  }

  public String variant() {
    return manifest.variant();
  }

  public Manifest manifest() {
    return manifest;
  }

  BundleWatch files() {
    return files;
  }

  public ModelEngine engine() {
    return engine;
  }

  /// The items that training saw.
  public ItemTable table() {
    return table;
  }

  /// What it knows of items.
  public KnownItems items() {
    return items;
  }

  /// The archives that make representations for it.
  public EncoderKey encoderKey() {
    return items.key();
  }

  /// Whether training saw the item, with whatever content.
  public boolean trained(long itemId) {
    return items.trained(itemId);
  }

  /// What it has computed of items and users.
  public ModelStates states() {
    return states;
  }

  /// Computes the states of these items where they are not cached, however many they are.
  public void computeItems(long[] itemIds) {
    int most = states.mostItems();
    for (int from = 0; from < itemIds.length; from += most) {
      int to = Math.min(itemIds.length, from + most);
      states.computeItems(Arrays.copyOfRange(itemIds, from, to), Call.UNBOUNDED);
    }
  }

  ImagePreprocessor images() {
    return images;
  }

  /// Encodes requests for it.
  public RequestEncoder requests() {
    return requests;
  }

  public ModelMetrics metrics() {
    return metrics;
  }

  /// What scoring with it takes by the number of candidates.
  public ComputeEstimate scoringTime() {
    return scoringTime;
  }

  /// The same for requests whose history was shortened.
  public ComputeEstimate shortScoringTime() {
    return shortScoringTime;
  }

  @Override
  public String toString() {
    return model() + "/" + version();
  }
}
