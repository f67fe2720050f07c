package io.saviorrec.config;

import java.util.List;
import java.util.stream.Collectors;

/// The values that a settings record refuses, by the record's own keys.
public final class InvalidSettingsException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  /// One value.
  ///
  /// @param text goes on after the key: "must be at least 1, was 0"
  record Problem(String key, String text) {
    @Override
    public String toString() {
      return key + " " + text;
    }
  }

  InvalidSettingsException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
    this.problems = List.copyOf(problems);
  }

  List<Problem> problems() {
    return problems;
  }
}
