package io.saviorrec.trainer.bench;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import io.saviorrec.loadtest.generator.LoadResult;
import io.saviorrec.trainer.bench.Figure.Target;
import io.saviorrec.trainer.bench.Section.Row;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/// Part 6: bytes that the server's threads put on the Java heap for one request, as its JVM counts
/// them.
final class AllocationPart {
  private final Plan plan;
  private final BenchServer server;
  private final String model;

  AllocationPart(Plan plan, BenchServer server, String model) {
    this.plan = plan;
    this.server = server;
    this.model = model;
  }

  Section measure() {
    List<Row> rows = new ArrayList<>();
    try (JMXConnector connector = connect();
        Progress progress = Progress.start("(6) allocation", plan.costShapes().size())) {
      MBeanServerConnection beans = connector.getMBeanServerConnection();
      for (Shape shape : plan.costShapes()) {
        ScoreRequests requests =
            new ScoreRequests(model, plan.items(), shape.candidates(), shape.history(), 61).ready();
        long before = allocated(beans);
        LoadResult result =
            server
                .load()
                .closed(requests, BenchServer.CLIENTS, BenchServer.duration(plan.serverSeconds()));
        double each = (allocated(beans) - before) / (double) Math.max(1, result.good());
        Target target = shape.candidates() == 500 ? Target.atMost(64) : null;
        rows.add(
            new Row(
                shape.labels(),
                List.of(
                    Figure.of("beyond messages", "KiB per request", (each - result.bytes()) / 1024)
                        .should(target),
                    Figure.of("in all", "KiB per request", each / 1024),
                    Figure.of("request and answer", "KiB on the wire", result.bytes() / 1024))));
        progress.step(Double.NaN);
      }
    } catch (IOException | JMException e) {
      throw new UserError("cannot ask the server's JVM what it allocates: " + e.getMessage(), e);
    }
    return new Section(
        6,
        "Java heap allocated for one request",
        "All threads of the server; the length of request and answer on the wire is taken off.",
        rows);
  }

  @SuppressWarnings("BanJNDI") // the address is that of our own server, and comes from its JVM
  private JMXConnector connect() throws IOException {
    try {
      VirtualMachine machine = VirtualMachine.attach(Long.toString(server.pid()));
      try {
        return JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()));
      } finally {
        machine.detach();
      }
    } catch (AttachNotSupportedException e) {
      throw new IOException(e);
    }
  }

  private static long allocated(MBeanServerConnection beans) throws IOException, JMException {
    return (Long)
        beans.getAttribute(new ObjectName("java.lang:type=Threading"), "TotalThreadAllocatedBytes");
  }
}
