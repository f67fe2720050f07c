package io.saviorrec.server.registry;

/// Names one version of one model.
record VersionId(String model, long version) implements Comparable<VersionId> {
  @Override
  public int compareTo(VersionId other) {
    int byModel = model.compareTo(other.model);
    return byModel != 0 ? byModel : Long.compare(version, other.version);
  }

  @Override
  public String toString() {
    return model + "/" + version;
  }
}
