package io.saviorrec.server.chart;

import java.util.LinkedHashMap;
import java.util.Map;

/// Values that cannot work, and what Helm must say of each.
final class Mistakes {
  static final Map<String, String> ALL = all();

  private Mistakes() {}

  private static Map<String, String> all() {
    Map<String, String> all = new LinkedHashMap<>();
    schema(all);
    settings(all);
    routing(all);
    stores(all);
    others(all);
    return all;
  }

  /// Told by the schema, in Helm's words, with the path of the value.
  private static void schema(Map<String, String> all) {
    all.put("replica: 2", "'replica'");
    all.put("replicas: many", "/replicas");
    all.put("config: {sever: {port: 1}}", "'sever'");
    all.put("config: {engine: {thread: 4}}", "/config/engine");
    all.put("config: {engine: {threads: -1}}", "/config/engine/threads");
    all.put("config: {server: {drainTimeout: 20}}", "/config/server/drainTimeout");
    all.put("config: {access: {certificates: {feed: score}}}", "/config/access/certificates");
    all.put("config: {logging: {level: loud}}", "/config/logging/level");
    all.put("models: {source: bucket}", "/models/source");
    all.put("resources: {requests: {memory: 1Gi, cpu: null}}", "/resources/requests");
    all.put("resources: {limits: {memory: lots}}", "/resources/limits/memory");
    all.put("gpu: {enabled: maybe}", "/gpu/enabled");
    all.put("image: {digest: abc}", "/image/digest");
    all.put("podSecurityContext: {runAsUser: 0}", "/podSecurityContext/runAsUser");
    all.put("podSecurityContext: {runAsNonRoot: false}", "/podSecurityContext/runAsNonRoot");
    all.put("enabled: sometimes", "/enabled");
    all.put("training: {schedule: nightly}", "/training/schedule");
    all.put("training: {variant: saviour}", "/training/variant");
    all.put("tls: {clientCertificates: sometimes}", "/tls/clientCertificates");
    all.put("topologySpread: {zones: Always}", "/topologySpread/zones");
    all.put("service: {type: ExternalName}", "/service/type");
    all.put("fullnameOverride: Shop_Ranking", "/fullnameOverride");
    all.put("nameOverride: shop.ranking", "/nameOverride");
  }

  /// Settings of the server that the chart must know itself.
  private static void settings(Map<String, String> all) {
    all.put("config: {server: {port: 1}}", "config.server.port: the chart sets it; service.port");
    all.put(
        "config: {items: {store: redis}}",
        "config.items.store: the chart sets it; use items.store");
    all.put("config: {routing: {salt: a}}", "config.routing: the chart sets it; use routing");
    all.put(
        "config: {engine: {device: cpu}}",
        "config.engine.device: the chart sets it; use gpu.enabled");
    all.put(
        "canary: {config: {tls: {key: k}}}",
        "canary.config.tls.key: the chart sets it; use tls.secretName");
    all.put(
        "extraEnv: [{name: SAVIOR_SERVER_PORT, value: '1'}]",
        "extraEnv.SAVIOR_SERVER_PORT: it would have the last word over what the chart sets; use config");
    all.put(
        "extraEnv: [{name: SAVIOR_JAVA_OPTS, value: -Xmx1g}]",
        "extraEnv.SAVIOR_JAVA_OPTS: it would have the last word over what the chart sets; use java.options");
    all.put(
        "training: {extraEnv: [{name: SAVIOR_JAVA_OPTS, value: -Xmx1g}]}",
        "training.extraEnv.SAVIOR_JAVA_OPTS: it would have the last word over what the chart sets; use training.java.options");
    all.put(
        "terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: must be at least 35");
  }

  private static void routing(Map<String, String> all) {
    all.put("routing: {splits: {a: 1}}", "'splits'");
    all.put("routing: {split: {a: -1}}", "/routing/split/a");
    all.put("routing: {split: {a: 1.5}}", "/routing/split/a");
    all.put("routing: {split: {a: 0, b: 0}}", "routing.split: must have a share above 0");
    all.put("routing: {labels: {m: {stable: newest}}}", "/routing/labels/m/stable");
    all.put("routing: {labels: {m: {stable: 0}}}", "/routing/labels/m/stable");
    all.put("routing: {buckets: {a: m@x/1}}", "/routing/buckets/a");
    all.put("routing: {shadow: {m: 2}}", "/routing/shadow/m");
    all.put(
        "routing: {labels: {m: {stable: 7}}, buckets: {treatment: m@canary}}",
        "routing.buckets.treatment: names the label \"canary\", which routing.labels.m does not have");
    all.put(
        "routing: {split: {'a b': 1}}",
        "routing.split.a b: must be a bucket, MODEL, MODEL/VERSION or MODEL@LABEL");
    all.put("routing: {shadow: {m/x: 0.1}}", "/routing/shadow");
    all.put("routing: {labels: {m: {'a@b': 1}}}", "/routing/labels/m");
    all.put(
        "routing: {defaultModel: m@stable}", "routing.defaultModel: names the label \"stable\"");
  }

  private static void stores(Map<String, String> all) {
    all.put("replicas: 2", "items.store: with rocksdb each server has items of its own");
    all.put(
        "autoscaling: {enabled: true}",
        "items.store: with rocksdb each server has items of its own");
    all.put(
        "canary: {enabled: true}", "items.store: with rocksdb each server has items of its own");
    all.put("items: {store: redis}", "items.redis.address: must be HOST:PORT");
    all.put(
        "items: {store: redis, redis: {address: 'r:99999'}}",
        "items.redis.address: must be HOST:PORT");
    all.put(
        "items: {store: redis, redis: {address: 'r:1', user: u}}",
        "items.redis.password.secretName: must be given together with items.redis.user");
    all.put(
        "items: {store: redis, redis: {address: 'r:1', authorities: {secretName: a}}}",
        "items.redis.authorities: must be empty without items.redis.tls");
    all.put("models: {source: objectStore}", "models.objectStore.remote: must be given");
    all.put("models: {source: image}", "models.image.reference: must be given");
    all.put(
        "models: {pvc: {accessModes: [ReadWriteOncePod]}}\ntraining: {enabled: true, data: {existingClaim: d}}",
        "models.pvc.accessModes: with ReadWriteOncePod only one pod gets the volume");
    all.put(
        "models: {pvc: {accessModes: [ReadWriteOnce]}}\nreplicas: 2\nitems: {perReplica: true}",
        "models.pvc.accessModes: several pods use the models, so ReadWriteMany must be among them, was ReadWriteOnce; where all of them run on one node, make the claim yourself and name it in models.pvc.existingClaim");
    all.put(
        "models: {pvc: {accessModes: [ReadWriteOnce]}}\ntraining: {enabled: true, data: {existingClaim: d}}",
        "models.pvc.accessModes: several pods use the models");
    all.put(
        "access: {tokens: {secretName: s}}\ntraining: {enabled: true, data: {existingClaim: d}}",
        "training.caller.token.secretName: must be given where callers are known");
    all.put(
        "tls: {secretName: s, clientCertificates: required, clientAuthorities: {secretName: a}}\ntraining: {enabled: true, data: {existingClaim: d}}",
        "training.caller.certificate.secretName: must be given where tls.clientCertificates is required");
    all.put(
        "models: {source: image, image: {reference: i}}\ntraining: {enabled: true, data: {existingClaim: d}}",
        "training.enabled: needs models.source pvc");
    all.put("training: {enabled: true}", "training.data.existingClaim: must be given");
  }

  private static void others(Map<String, String> all) {
    all.put("tls: {admin: true}", "tls.secretName: must be given with tls.admin");
    all.put(
        "tls: {secretName: s, clientCertificates: required}",
        "tls.clientAuthorities.secretName: must be given");
    all.put(
        "access: {tokens: {secretName: s}}\nserviceMonitor: {enabled: true}",
        "serviceMonitor.token.secretName: must be given where callers are known");
    all.put("exposures: {enabled: true}", "exposures.existingClaim: must be given");
    all.put(
        "items: {perReplica: true}\nautoscaling: {enabled: true, minReplicas: 5, maxReplicas: 2}",
        "autoscaling.minReplicas: must be at most autoscaling.maxReplicas");
    all.put(
        "items: {perReplica: true}\nautoscaling: {enabled: true, cpuPercent: 0}",
        "autoscaling.cpuPercent: must be above 0");
    all.put(
        "rollout: {maxSurge: 0, maxUnavailable: 0}",
        "rollout.maxSurge: must be above 0 where rollout.maxUnavailable is 0");
    all.put(
        "rollout: {maxSurge: 0%, maxUnavailable: 0}",
        "rollout.maxSurge: must be above 0 where rollout.maxUnavailable is 0");
    all.put(
        "serviceMonitor: {enabled: true, interval: 5s}",
        "serviceMonitor.scrapeTimeout: must be at most serviceMonitor.interval, 5s, was 10s");
    all.put("podLabels: {track: fast}", "podLabels.track: the chart sets it");
    all.put(
        "commonLabels: {app.kubernetes.io/component: ranking}",
        "commonLabels.app.kubernetes.io/component: the chart sets it");
    all.put(
        "captures: {enabled: true, size: 0.2Gi}",
        "captures.size: must be above capture.keepBytes, 268435456 bytes, was 0.2Gi");
    all.put(
        "captures: {enabled: true}\nconfig: {capture: {keepBytes: 2147483648}}",
        "captures.size: must be above capture.keepBytes, 2147483648 bytes, was 1Gi");
    all.put(
        "resources: {requests: {memory: 8Gi}}",
        "resources.limits.memory: must be at least requests.memory, 8Gi, was 4Gi");
  }
}
