package io.saviorrec.trainer.cli;

import io.grpc.Status;
import io.saviorrec.client.CallException;
import io.saviorrec.client.ClientConfig;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.proto.v1.GetModelRequest;
import io.saviorrec.proto.v1.ModelVersion;
import io.saviorrec.trainer.console.UserError;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;
import java.util.TreeSet;

/// The versions of a model that are live on any of the servers behind a name.
final class LiveVersions {
  private LiveVersions() {}

  /// Asks the server at every address of the name.
  ///
  /// @param servers `HOST:PORT` and how they are reached
  /// @throws UserError when one of them does not say
  static Set<Long> of(String model, ClientConfig servers) {
    int colon = servers.target().lastIndexOf(':');
    String host = servers.target().substring(0, colon);
    Set<Long> live = new TreeSet<>();
    for (InetAddress address : addresses(host)) {
      String numbers = address.getHostAddress();
      String target =
          (numbers.contains(":") ? "[" + numbers + "]" : numbers)
              + servers.target().substring(colon);
      live.addAll(ask(model, at(target, host, servers)));
    }
    return live;
  }

  private static InetAddress[] addresses(String host) {
    try {
      return InetAddress.getAllByName(host);
    } catch (UnknownHostException e) {
      throw new UserError("no server is known by the name " + host, e);
    }
  }

  /// The certificate has the name, and not the address.
  private static ClientConfig at(String target, String host, ClientConfig like) {
    ClientConfig.Tls tls = like.tls();
    return new ClientConfig(
        target,
        tls == null || tls.serverName() != null ? tls : tls.withServerName(host),
        like.token(),
        like.deadline(),
        ClientConfig.Retries.none(),
        like.keepAlive(),
        like.maxMessageBytes(),
        like.userAgent());
  }

  private static Set<Long> ask(String model, ClientConfig server) {
    Set<Long> live = new TreeSet<>();
    try (SaviorClient client = SaviorClient.connect(server)) {
      client
          .getModel(GetModelRequest.newBuilder().setModel(model).build())
          .getVersionsList()
          .stream()
          .map(ModelVersion::getVersion)
          .forEach(live::add);
    } catch (CallException e) {
      // A server without the model has no version of it.
      if (e.code() != Status.Code.NOT_FOUND) {
        throw new UserError(
            "the server at " + server.target() + " does not say: " + e.getMessage(), e);
      }
    }
    return live;
  }
}
