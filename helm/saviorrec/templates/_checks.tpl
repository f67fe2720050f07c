{{/* What a schema cannot say of the values; each line names the value and what to do. */}}
{{- define "saviorrec.checks" -}}
{{- $v := .Values -}}
{{- $owned := dict
  "server.port" "service.port is the one that clients see"
  "admin.port" "it is 8501"
  "admin.tls" "use tls.admin"
  "engine.device" "use gpu.enabled"
  "items.store" "use items.store"
  "items.storeDirectory" "it is in the volume of items.volume"
  "items.redis" "use items.redis"
  "tls.certificates" "use tls.secretName"
  "tls.key" "use tls.secretName"
  "tls.clientAuthorities" "use tls.clientAuthorities"
  "tls.clientCertificates" "use tls.clientCertificates"
  "access.tokens" "use access.tokens"
  "bundles.trustedKeys" "use models.trustedKeys"
  "capture.directory" "use captures.enabled"
  "exposures.directory" "use exposures.enabled"
-}}
{{- range $where, $config := dict "config" $v.config "canary.config" $v.canary.config -}}
{{- if hasKey $config "routing" }}{{ fail (printf "%s.routing: the chart sets it; use routing" $where) }}{{ end -}}
{{- range $key, $instead := $owned -}}
{{- $parts := splitList "." $key -}}
{{- $section := default (dict) (get $config (first $parts)) -}}
{{- if hasKey $section (last $parts) }}{{ fail (printf "%s.%s: the chart sets it; %s" $where $key $instead) }}{{ end -}}
{{- end -}}
{{- end -}}

{{- range $where, $env := dict "extraEnv" $v.extraEnv "training.extraEnv" $v.training.extraEnv -}}
{{- range $env -}}
{{- if and (hasPrefix "SAVIOR_" (toString .name)) (ne .name "SAVIOR_DEBUG") -}}
{{- $instead := ternary "use config" "use training.settings" (eq $where "extraEnv") -}}
{{- if eq .name "SAVIOR_JAVA_OPTS" }}{{ $instead = printf "use %s" (ternary "java.options" "training.java.options" (eq $where "extraEnv")) }}{{ end -}}
{{- fail (printf "%s.%s: it would have the last word over what the chart sets; %s" $where .name $instead) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- range $where, $labels := dict "commonLabels" $v.commonLabels "podLabels" $v.podLabels -}}
{{- range $label := list "helm.sh/chart" "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "app.kubernetes.io/component" "track" -}}
{{- if hasKey $labels $label }}{{ fail (printf "%s.%s: the chart sets it" $where $label) }}{{ end -}}
{{- end -}}
{{- end -}}

{{- if and (eq $v.items.store "rocksdb") (include "saviorrec.several" .) (not $v.items.perReplica) -}}
{{- fail "items.store: with rocksdb each server has items of its own, so replicas must be 1, and autoscaling and canary off; use items.store redis, or say items.perReplica: true and send every item to every pod" -}}
{{- end -}}
{{- if and (eq $v.items.store "redis") (or (not (regexMatch "^[^:\\s]+:[1-9][0-9]{0,4}$" $v.items.redis.address)) (gt (splitList ":" $v.items.redis.address | last | int) 65535)) -}}
{{- fail (printf "items.redis.address: must be HOST:PORT with items.store redis, was %q" $v.items.redis.address) -}}
{{- end -}}
{{- if and $v.items.redis.authorities.secretName (not $v.items.redis.tls) -}}
{{- fail "items.redis.authorities: must be empty without items.redis.tls" -}}
{{- end -}}
{{- if and $v.items.redis.user (not $v.items.redis.password.secretName) -}}
{{- fail "items.redis.password.secretName: must be given together with items.redis.user" -}}
{{- end -}}

{{- if and (eq $v.models.source "objectStore") (not $v.models.objectStore.remote) (not $v.models.objectStore.command) -}}
{{- fail "models.objectStore.remote: must be given with models.source objectStore" -}}
{{- end -}}
{{- if and (eq $v.models.source "image") (not $v.models.image.reference) -}}
{{- fail "models.image.reference: must be given with models.source image" -}}
{{- end -}}
{{- $claimed := and (eq $v.models.source "pvc") (not $v.models.pvc.existingClaim) -}}
{{- if and $claimed (has "ReadWriteOncePod" $v.models.pvc.accessModes) (or (include "saviorrec.several" .) $v.training.enabled) -}}
{{- fail "models.pvc.accessModes: with ReadWriteOncePod only one pod gets the volume, and here are several; use ReadWriteMany" -}}
{{- end -}}
{{- if and $claimed (not (has "ReadWriteMany" $v.models.pvc.accessModes)) (or (include "saviorrec.several" .) $v.training.enabled) -}}
{{- fail (printf "models.pvc.accessModes: several pods use the models, so ReadWriteMany must be among them, was %s; where all of them run on one node, make the claim yourself and name it in models.pvc.existingClaim" (join ", " $v.models.pvc.accessModes)) -}}
{{- end -}}
{{- if and $v.training.enabled (ne $v.models.source "pvc") -}}
{{- fail "training.enabled: needs models.source pvc, which is where it writes the new version" -}}
{{- end -}}
{{- if and $v.training.warmStart $v.training.settings -}}
{{- fail "training.settings: must be empty with training.warmStart, which goes on with the settings of the version before" -}}
{{- end -}}
{{- if and $v.training.enabled (not $v.training.data.existingClaim) (not $v.training.initContainers) -}}
{{- fail "training.data.existingClaim: must be given, or training.initContainers that make the data set" -}}
{{- end -}}

{{- if not $v.tls.secretName -}}
{{- if $v.tls.admin }}{{ fail "tls.secretName: must be given with tls.admin" }}{{ end -}}
{{- if ne $v.tls.clientCertificates "none" }}{{ fail "tls.secretName: must be given where tls.clientCertificates is not none" }}{{ end -}}
{{- end -}}
{{- if and (ne $v.tls.clientCertificates "none") (not $v.tls.clientAuthorities.secretName) -}}
{{- fail "tls.clientAuthorities.secretName: must be given where tls.clientCertificates is not none" -}}
{{- end -}}
{{- $callers := or $v.access.tokens.secretName (dig "access" "certificates" "" $v.config) -}}
{{- if and $v.serviceMonitor.enabled $callers (not $v.serviceMonitor.token.secretName) -}}
{{- fail "serviceMonitor.token.secretName: must be given where callers are known, since /metrics then needs the right administer" -}}
{{- end -}}
{{- $asks := and $v.training.enabled (gt (int $v.training.keepVersions) 0) -}}
{{- if and $asks $callers (not $v.training.caller.token.secretName) (not $v.training.caller.certificate.secretName) -}}
{{- fail "training.caller.token.secretName: must be given where callers are known, or training.caller.certificate.secretName: versions are removed only when the servers have said which are live" -}}
{{- end -}}
{{- if and $asks (eq $v.tls.clientCertificates "required") (not $v.training.caller.certificate.secretName) -}}
{{- fail "training.caller.certificate.secretName: must be given where tls.clientCertificates is required: versions are removed only when the servers have said which are live" -}}
{{- end -}}
{{- if gt (include "saviorrec.millis" $v.serviceMonitor.scrapeTimeout | int64) (include "saviorrec.millis" $v.serviceMonitor.interval | int64) -}}
{{- fail (printf "serviceMonitor.scrapeTimeout: must be at most serviceMonitor.interval, %s, was %s" $v.serviceMonitor.interval $v.serviceMonitor.scrapeTimeout) -}}
{{- end -}}
{{- if and $v.exposures.enabled (not $v.exposures.existingClaim) -}}
{{- fail "exposures.existingClaim: must be given with exposures.enabled, or the rows would go with their pods" -}}
{{- end -}}
{{- range $where, $resources := dict "resources" $v.resources "canary.resources" $v.canary.resources "training.resources" $v.training.resources -}}
{{- if $resources -}}
{{- if gt (include "saviorrec.bytes" $resources.requests.memory | int64) (include "saviorrec.bytes" $resources.limits.memory | int64) }}{{ fail (printf "%s.limits.memory: must be at least requests.memory, %v, was %v" $where $resources.requests.memory $resources.limits.memory) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if $v.captures.enabled -}}
{{- range $config := list $v.config $v.canary.config -}}
{{- $kept := dig "capture" "keepBytes" 268435456 $config | int64 -}}
{{- if le (include "saviorrec.bytes" $v.captures.size | int64) $kept }}{{ fail (printf "captures.size: must be above capture.keepBytes, %d bytes, was %v; a pod is evicted when it has more" $kept $v.captures.size) }}{{ end -}}
{{- end -}}
{{- end -}}

{{- if $v.autoscaling.enabled -}}
{{- if gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas) }}{{ fail (printf "autoscaling.minReplicas: must be at most autoscaling.maxReplicas, was %d of %d" (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) }}{{ end -}}
{{- if and (eq (int $v.autoscaling.cpuPercent) 0) (not $v.autoscaling.queueTime.enabled) }}{{ fail "autoscaling.cpuPercent: must be above 0 without autoscaling.queueTime.enabled" }}{{ end -}}
{{- end -}}
{{- if and (not (regexMatch "[1-9]" (toString $v.rollout.maxSurge))) (not (regexMatch "[1-9]" (toString $v.rollout.maxUnavailable))) -}}
{{- fail "rollout.maxSurge: must be above 0 where rollout.maxUnavailable is 0" -}}
{{- end -}}
{{- if not (kindIs "invalid" $v.terminationGracePeriodSeconds) -}}
{{- $needed := include "saviorrec.stopSeconds" . | int -}}
{{- if lt (int $v.terminationGracePeriodSeconds) $needed }}{{ fail (printf "terminationGracePeriodSeconds: must be at least %d, which is server.shutdownPause + server.drainTimeout + 5, was %d" $needed (int $v.terminationGracePeriodSeconds)) }}{{ end -}}
{{- end -}}
{{- include "saviorrec.routingChecks" . -}}
{{- end -}}

{{/* Labels that targets name must be there, and a split needs a share. */}}
{{- define "saviorrec.routingChecks" -}}
{{- $routing := .Values.routing -}}
{{- $buckets := default (dict) $routing.buckets -}}
{{- $targets := dict -}}
{{- range $bucket, $target := $buckets }}{{ $_ := set $targets (printf "routing.buckets.%s" $bucket) $target }}{{ end -}}
{{- $sum := 0 -}}
{{- range $arm, $share := $routing.split -}}
{{- $sum = add $sum (int64 $share) -}}
{{- if not (hasKey $buckets $arm) }}{{ $_ := set $targets (printf "routing.split.%s" $arm) $arm }}{{ end -}}
{{- end -}}
{{- range $target, $share := $routing.shadow }}{{ $_ := set $targets (printf "routing.shadow.%s" $target) $target }}{{ end -}}
{{- with $routing.defaultModel }}{{ $_ := set $targets "routing.defaultModel" . }}{{ end -}}
{{- range $key, $target := $targets -}}
{{- if not (regexMatch "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[1-9][0-9]{0,17}|@[^/@]+)?$" $target) -}}
{{- fail (printf "%s: must be a bucket, MODEL, MODEL/VERSION or MODEL@LABEL, was %q" $key $target) -}}
{{- end -}}
{{- if contains "@" $target -}}
{{- $parts := splitList "@" $target -}}
{{- $labels := default (dict) (get (default (dict) $routing.labels) (first $parts)) -}}
{{- if not (hasKey $labels (last $parts)) }}{{ fail (printf "%s: names the label %q, which routing.labels.%s does not have" $key (last $parts) (first $parts)) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if and $routing.split (eq (int64 $sum) 0) }}{{ fail "routing.split: must have a share above 0" }}{{ end -}}
{{- end -}}
