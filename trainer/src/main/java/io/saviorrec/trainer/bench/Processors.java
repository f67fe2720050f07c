package io.saviorrec.trainer.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Processes that share one processor for a while, so that none of them is slowed by what another
/// does on the other half of a core, and a second of processor time is the same for all. Needs the
/// program `taskset`; without it processes stay where they are.
final class Processors implements AutoCloseable {
  private static final Pattern LIST = Pattern.compile("list: ([0-9,-]+)");

  private final List<Long> processes;
  private final String before;
  private final boolean shared;

  private Processors(List<Long> processes, String before, boolean shared) {
    this.processes = processes;
    this.before = before;
    this.shared = shared;
  }

  /// Puts this process and others onto one processor until it is closed.
  static Processors share(List<Long> others) {
    List<Long> all = new ArrayList<>(others);
    all.add(ProcessHandle.current().pid());
    Matcher list = LIST.matcher(run("taskset", "-c", "-p", all.getLast().toString()));
    if (!list.find()) {
      return new Processors(all, "", false);
    }
    String before = list.group(1);
    String first = before.split("[,-]", 2)[0];
    return new Processors(all, before, move(all, first));
  }

  /// Whether it could be done.
  boolean shared() {
    return shared;
  }

  private static boolean move(List<Long> processes, String to) {
    boolean moved = true;
    for (long process : processes) {
      moved &= run("taskset", "-a", "-c", "-p", to, Long.toString(process)).contains("list: " + to);
    }
    return moved;
  }

  /// What a program prints; nothing when it is not there.
  private static String run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return output;
    } catch (IOException _) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  @Override
  public void close() {
    if (!before.isEmpty()) {
      move(processes, before);
    }
  }
}
