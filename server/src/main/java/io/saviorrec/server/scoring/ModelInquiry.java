package io.saviorrec.server.scoring;

import io.saviorrec.bundle.Manifest;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.proto.v1.Column;
import io.saviorrec.proto.v1.GetModelRequest;
import io.saviorrec.proto.v1.GetModelResponse;
import io.saviorrec.proto.v1.Limits;
import io.saviorrec.proto.v1.ModelVersion;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.LiveModels;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.routing.Route;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Answers what callers must know of a model.
public final class ModelInquiry {
  private final Registry registry;
  private final Limits limits;

  public ModelInquiry(Registry registry, ServerConfig config) {
    this.registry = registry;
    this.limits =
        Limits.newBuilder()
            .setMaxCandidates(config.scoring().maxCandidates())
            .setMaxUsers(config.scoring().maxUsers())
            .setHistory(config.limits().history())
            .setScoreBytes(config.limits().scoreBytes())
            .setMaxUpsertBatch(config.items().maxUpsertBatch())
            .setUpsertBytes(config.limits().upsertBytes())
            .setMapEntries(config.limits().mapEntries())
            .build();
  }

  /// The model that is asked for, and all of its versions.
  ///
  /// @throws RequestException NOT_FOUND when there is no such model, version or label
  public GetModelResponse get(GetModelRequest request) {
    if (request.getVersion() != 0 && !request.getLabel().isEmpty()) {
      throw RequestException.invalid("version and label are both set; use one of them");
    }
    LiveModels live = registry.current();
    Route route = live.router().route(request.getModel());
    String name = route.model();
    LiveModel model = live.find(name, version(live, route, request));
    Manifest manifest = model.manifest();
    Manifest.Dims dims = manifest.dims();
    return GetModelResponse.newBuilder()
        .setModel(model.model())
        .setVersion(model.version())
        .setVariant(model.variant())
        .addAllProfile(columns(manifest.features().profile()))
        .addAllContext(columns(manifest.features().context()))
        .addAllItem(columns(manifest.features().item()))
        .addAllItemStats(manifest.features().itemStats())
        .setHistoryLength(dims.historyLength())
        .setLevels(dims.levels())
        .setCodebookSize(dims.codebookSize())
        .setZDim(dims.zDim())
        .setLimits(limits)
        .addAllVersions(versions(live, name))
        .setTasteWidth(manifest.tasteWidth())
        .build();
  }

  private static long version(LiveModels live, Route route, GetModelRequest request) {
    String model = route.model();
    if (request.getLabel().isEmpty()) {
      return request.getVersion() == 0 ? route.version() : request.getVersion();
    }
    Long version = live.labels(model).get(request.getLabel());
    if (version == null) {
      throw new RequestException(
          ErrorCode.NOT_FOUND,
          "model %s has no label %s; there are %s"
              .formatted(model, ErrorText.quote(request.getLabel()), live.labels(model).keySet()));
    }
    return version;
  }

  private static List<Column> columns(List<FeatureColumn> columns) {
    return columns.stream()
        .map(
            column ->
                Column.newBuilder()
                    .setName(column.name())
                    .setKind(
                        switch (column.kind()) {
                          case CATEGORICAL -> Column.Kind.TEXT;
                          case NUMERIC -> Column.Kind.NUMBER;
                        })
                    .build())
        .toList();
  }

  /// Those of one model, newest first.
  private static List<ModelVersion> versions(LiveModels live, String name) {
    List<ModelVersion> versions = new ArrayList<>();
    for (LiveModel model : live.all()) {
      if (model.model().equals(name)) {
        versions.add(
            ModelVersion.newBuilder()
                .setVersion(model.version())
                .setVariant(model.variant())
                .addAllLabels(
                    live.labels(name).entrySet().stream()
                        .filter(label -> label.getValue() == model.version())
                        .map(Map.Entry::getKey)
                        .toList())
                .setCreatedMs(Instant.parse(model.manifest().createdAt()).toEpochMilli())
                .setTrainedUntilMs(
                    TimeUnit.SECONDS.toMillis(model.manifest().lineage().trainedUntil()))
                .build());
      }
    }
    versions.sort(Comparator.comparingLong(ModelVersion::getVersion).reversed());
    return versions;
  }
}
