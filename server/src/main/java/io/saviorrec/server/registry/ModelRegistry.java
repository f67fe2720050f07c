package io.saviorrec.server.registry;

import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.Collection;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// The models that are live, by name; one version of each.
public final class ModelRegistry implements AutoCloseable {
  private final SortedMap<String, ModelHandle> models = new TreeMap<>();

  public ModelRegistry(Collection<ModelHandle> handles) {
    for (ModelHandle handle : handles) {
      if (models.put(handle.model(), handle) != null) {
        throw new IllegalArgumentException("model " + handle.model() + " is given twice");
      }
    }
  }

  /// The live version of a model.
  ///
  /// @param version 0: whichever is live
  /// @throws RequestException NOT_FOUND, with what there is
  public ModelHandle find(String model, long version) {
    ModelHandle handle = models.get(model);
    if (handle == null || (version != 0 && version != handle.version())) {
      throw new RequestException(
          ErrorCode.NOT_FOUND,
          "no model \""
              + model
              + "\""
              + (version == 0 ? "" : " with version " + version)
              + "; available are "
              + models.values());
    }
    return handle;
  }

  public SortedSet<String> names() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(models.keySet()));
  }

  public Collection<ModelHandle> all() {
    return Collections.unmodifiableCollection(models.values());
  }

  @Override
  public void close() {
    models.values().forEach(ModelHandle::close);
  }
}
