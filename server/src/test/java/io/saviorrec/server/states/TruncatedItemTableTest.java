package io.saviorrec.server.states;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.SentItems;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A mapped item table that somebody truncates: in a process of its own, which must live on.
@Timeout(120)
class TruncatedItemTableTest {
  @TempDir private Path repository;

  @Test
  void readingBeyondTheEndFailsTheCallAndNotTheProcess() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Reader.class.getName(),
                repository.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said.lines().filter(line -> line.startsWith("INTERNAL")).distinct())
        .as(said)
        .containsExactly("INTERNAL: the item table of m/1 was changed while it was served");
    assertThat(said.lines().toList()).endsWith("whole again: item number 3");
  }

  static final class Reader {
    private static final long[] ITEMS = {1, 2, 3};
    private static final int WARM_UP = 20_000;

    private Reader() {}

    public static void main(String[] args) throws Exception {
      Bundle bundle = TestBundles.write(Path.of(args[0]), "m");
      try (ItemTable table = bundle.items()) {
        KnownItems items =
            new KnownItems(bundle.manifest(), table, new SentItems(new InMemoryItemStore(), 10));
        byte[] whole = java.nio.file.Files.readAllBytes(bundle.path(Bundle.ITEMS));
        // Once interpreted, once compiled: the platform tells of the fault in two ways.
        truncated(items, bundle, whole);
        for (int i = 0; i < WARM_UP; i++) {
          items.find(ITEMS);
          items.title(3);
        }
        truncated(items, bundle, whole);
        System.out.println("whole again: " + items.title(3));
      }
    }

    private static void truncated(KnownItems items, Bundle bundle, byte[] whole) throws Exception {
      try (RandomAccessFile file = new RandomAccessFile(bundle.path(Bundle.ITEMS).toFile(), "rw")) {
        file.setLength(0);
        for (int i = 0; i < 100; i++) {
          refused(() -> items.find(ITEMS));
          refused(() -> items.title(3));
          refused(() -> items.trainedOn(3, 1));
        }
        file.write(whole);
      }
    }

    private static void refused(Runnable read) {
      try {
        read.run();
        throw new IllegalStateException("a table that is gone was read");
      } catch (RequestException e) {
        if (e.code() != ErrorCode.INTERNAL) {
          throw e;
        }
        System.out.println(e.code() + ": " + e.getMessage());
      }
    }
  }
}
