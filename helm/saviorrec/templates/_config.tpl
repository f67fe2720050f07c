{{/*
The server's settings: those of the values, and over them what the chart decides.
Of (dict "root" $ "overrides" map), which are the canary's.
*/}}
{{- define "saviorrec.config" -}}
{{- $v := .root.Values -}}
{{- $config := mustMergeOverwrite (deepCopy $v.config) (deepCopy .overrides) -}}
{{- $items := dict "store" $v.items.store "storeDirectory" "/var/lib/savior/items" -}}
{{- if eq $v.items.store "redis" -}}
{{- $redis := pick $v.items.redis "address" "tls" "keyPrefix" "timeout" "waitReplicas" -}}
{{- with $v.items.redis.user }}{{ $_ := set $redis "user" . }}{{ end -}}
{{- if $v.items.redis.password.secretName }}{{ $_ := set $redis "passwordFile" (printf "/etc/savior/redis/%s" $v.items.redis.password.key) }}{{ end -}}
{{- if $v.items.redis.authorities.secretName }}{{ $_ := set $redis "authorities" (printf "/etc/savior/redis-authorities/%s" $v.items.redis.authorities.key) }}{{ end -}}
{{- $_ := set $items "redis" $redis -}}
{{- end -}}
{{- $ours := dict
  "server" (dict "port" 8500)
  "admin" (dict "port" 8501 "tls" $v.tls.admin)
  "routing" (dict "file" "/etc/savior/routing/routing.yaml")
  "items" $items
  "engine" (dict "device" (ternary "gpu:0" "cpu" $v.gpu.enabled))
-}}
{{- if $v.tls.secretName -}}
{{- $tls := dict "certificates" "/etc/savior/tls/tls.crt" "key" "/etc/savior/tls/tls.key" "clientCertificates" $v.tls.clientCertificates -}}
{{- if $v.tls.clientAuthorities.secretName }}{{ $_ := set $tls "clientAuthorities" (printf "/etc/savior/authorities/%s" $v.tls.clientAuthorities.key) }}{{ end -}}
{{- $_ := set $ours "tls" $tls -}}
{{- end -}}
{{- if $v.access.tokens.secretName }}{{ $_ := set $ours "access" (dict "tokens" (printf "/etc/savior/access/%s" $v.access.tokens.key)) }}{{ end -}}
{{- if $v.models.trustedKeys.configMapName }}{{ $_ := set $ours "bundles" (dict "trustedKeys" "/etc/savior/keys") }}{{ end -}}
{{- if $v.captures.enabled }}{{ $_ := set $ours "capture" (dict "directory" "/var/lib/savior-captures") }}{{ end -}}
{{- toYaml (mustMergeOverwrite $config $ours) -}}
{{- end -}}

{{/* How long a pod may take to stop, in seconds. */}}
{{- define "saviorrec.stopSeconds" -}}
{{- $needed := 0 -}}
{{- $overrides := ternary .Values.canary.config (dict) .Values.canary.enabled -}}
{{- range list (dict) $overrides -}}
{{- $server := (include "saviorrec.config" (dict "root" $ "overrides" .) | fromYaml).server -}}
{{- $millis := add (include "saviorrec.millis" (default "5s" $server.shutdownPause)) (include "saviorrec.millis" (default "10s" $server.drainTimeout)) -}}
{{- $needed = max $needed (div (add $millis 999) 1000) -}}
{{- end -}}
{{- add $needed 5 -}}
{{- end -}}
