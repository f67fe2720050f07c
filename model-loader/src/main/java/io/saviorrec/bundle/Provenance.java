package io.saviorrec.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// How a bundle was made, so that it can be understood and made again.
///
/// @param command the command line's words, without the program's name
/// @param dataSha SHA-256 of all that was read of the data set
/// @param threads of one tensor operation
/// @param settings every setting in force, as the tree that a settings file has
/// @param stages the key of each earlier stage that the bundle was made from, by the stage's name
/// @param versions of the trainer's code, of Java and of the libraries, by name
public record Provenance(
    List<String> command,
    String dataSha,
    int threads,
    JsonNode settings,
    SortedMap<String, String> stages,
    SortedMap<String, String> versions) {

  public Provenance {
    command = List.copyOf(command);
    settings = settings.deepCopy();
    stages = Collections.unmodifiableSortedMap(new TreeMap<>(stages));
    versions = Collections.unmodifiableSortedMap(new TreeMap<>(versions));
  }
}
