package io.saviorrec.server.scoring;

import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.proto.v1.FeatureValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// Rows of a user's columns: two names, which are hashed, and one number.
@State(Scope.Benchmark)
public class FeatureBenchmark {
  private final FeatureEncoder encoder =
      new FeatureEncoder(
          List.of(
              FeatureColumn.categorical("city", 1000),
              FeatureColumn.categorical("device", 100),
              FeatureColumn.numeric("age", List.of(18f, 25f, 35f, 50f, 65f))));
  private final Map<String, FeatureValue> values =
      Map.of(
          "city", FeatureValue.newBuilder().setText("a city by the sea").build(),
          "device", FeatureValue.newBuilder().setText("phone").build(),
          "age", FeatureValue.newBuilder().setNumber(37).build());

  @Benchmark
  public long[] encode() {
    return encoder.encode(values, new ArrayList<>());
  }
}
