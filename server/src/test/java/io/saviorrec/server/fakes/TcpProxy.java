package io.saviorrec.server.fakes;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A cable between clients and a port of this machine, which a test can cut and mend.
public final class TcpProxy implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile boolean cut;

  private TcpProxy(ServerSocket server, int target) {
    this.server = server;
    this.target = target;
  }

  public static TcpProxy to(int target) {
    try {
      TcpProxy proxy =
          new TcpProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
      Thread.ofPlatform().daemon().name("proxy").start(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return server.getLocalPort();
  }

  /// Ends all connections, and each new one at once.
  public void cut() {
    cut = true;
    sockets.forEach(TcpProxy::end);
  }

  public void mend() {
    cut = false;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        if (cut) {
          end(client);
          continue;
        }
        Socket backend = new Socket(InetAddress.getLoopbackAddress(), target);
        sockets.add(client);
        sockets.add(backend);
        carry(client, backend);
        carry(backend, client);
        if (cut) {
          cut();
        }
      } catch (IOException _) {
        // The next one may do better; a closed server ends the loop.
      }
    }
  }

  private void carry(Socket from, Socket to) {
    Thread.ofPlatform()
        .daemon()
        .name("proxy-cable")
        .start(
            () -> {
              try (InputStream in = from.getInputStream();
                  OutputStream out = to.getOutputStream()) {
                in.transferTo(out);
              } catch (IOException _) {
                // Cut.
              } finally {
                end(from);
                end(to);
                sockets.remove(from);
                sockets.remove(to);
              }
            });
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // It is as good as closed.
    }
  }

  @Override
  public void close() {
    end();
    cut();
  }

  private void end() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
