{{/*
The pod of a server. Of (dict "root" $ "track" "stable" "image" map "config" text "resources" map "revision" label),
where revision is the label by which pods of one rollout know each other.
*/}}
{{- define "saviorrec.pod" -}}
{{- $root := .root -}}
{{- $v := $root.Values -}}
metadata:
  labels:
    {{- include "saviorrec.selector" (dict "root" $root "component" "server") | nindent 4 }}
    track: {{ .track }}
    {{- with $v.commonLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with $v.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: server
    checksum/config: {{ .config | sha256sum }}
    {{- with $v.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- include "saviorrec.podCommon" (dict "root" $root "place" $v) | nindent 2 }}
  terminationGracePeriodSeconds: {{ default (add (include "saviorrec.stopSeconds" $root) 5) $v.terminationGracePeriodSeconds | int }}
  {{- with and $v.gpu.enabled $v.gpu.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  {{- with include "saviorrec.spread" . }}
  topologySpreadConstraints:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with include "saviorrec.initContainers" $root }}
  initContainers:
    {{- . | nindent 4 }}
  {{- end }}
  containers:
    - name: server
      image: {{ include "saviorrec.image" (dict "root" $root "image" .image "suffix" (ternary "-cuda" "" $v.gpu.enabled)) }}
      imagePullPolicy: {{ $v.image.pullPolicy }}
      args: [serve, --repository, {{ include "saviorrec.repository" $root | quote }}, --config, /etc/savior/config/server.yaml]
      ports:
        - {name: grpc, containerPort: 8500}
        - {name: admin, containerPort: 8501}
      env:
        - name: POD_NAME
          valueFrom: {fieldRef: {fieldPath: metadata.name}}
        {{- $limited := dig "limits" "cpu" "" .resources }}
        {{- if not $limited }}
        - name: REQUESTED_CORES
          valueFrom: {resourceFieldRef: {containerName: server, resource: requests.cpu, divisor: "1"}}
        {{- end }}
        {{- with printf "%s %s" (ternary "" "-XX:ActiveProcessorCount=$(REQUESTED_CORES)" (not (not $limited))) $v.java.options | trim }}
        - name: SAVIOR_JAVA_OPTS
          value: {{ . | quote }}
        {{- end }}
        {{- if $v.exposures.enabled }}
        - name: SAVIOR_EXPOSURES_DIRECTORY
          value: /var/lib/savior-exposures/$(POD_NAME)
        {{- end }}
        {{- with $v.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- include "saviorrec.probes" $root | nindent 6 }}
      resources:
        {{- $resources := deepCopy .resources }}
        {{- if $v.gpu.enabled }}
        {{- $resources = mustMergeOverwrite $resources (dict "limits" (dict $v.gpu.resource 1)) }}
        {{- end }}
        {{- toYaml $resources | nindent 8 }}
      securityContext:
        {{- include "saviorrec.confined" $root | nindent 8 }}
      volumeMounts:
        - {name: models, mountPath: /models, readOnly: true}
        - {name: items, mountPath: /var/lib/savior}
        - {name: tmp, mountPath: /tmp}
        {{- range $name := include "saviorrec.fileVolumes" (dict "root" $root "config" "") | fromYaml | keys | sortAlpha }}
        - {name: {{ $name }}, mountPath: /etc/savior/{{ $name }}, readOnly: true}
        {{- end }}
        {{- if $v.exposures.enabled }}
        - {name: exposures, mountPath: /var/lib/savior-exposures}
        {{- end }}
        {{- if $v.captures.enabled }}
        - {name: captures, mountPath: /var/lib/savior-captures}
        {{- end }}
        {{- with $v.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with $v.sidecars }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "saviorrec.modelsVolume" $root | nindent 4 }}
    {{- if eq $v.items.store "redis" }}
    {{- include "saviorrec.itemsCopy" $root | nindent 4 }}
    {{- end }}
    - name: tmp
      emptyDir: {sizeLimit: {{ $v.tmp.size }}}
    {{- range $name, $source := include "saviorrec.fileVolumes" (dict "root" $root "config" .configMap) | fromYaml }}
    - name: {{ $name }}
      {{- toYaml $source | nindent 6 }}
    {{- end }}
    {{- if $v.exposures.enabled }}
    - name: exposures
      persistentVolumeClaim: {claimName: {{ $v.exposures.existingClaim }}}
    {{- end }}
    {{- if $v.captures.enabled }}
    - name: captures
      emptyDir: {sizeLimit: {{ $v.captures.size }}}
    {{- end }}
    {{- with $v.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* What pods of every kind have alike. Of (dict "root" $ "place" values), whose nodeSelector and so on say where. */}}
{{- define "saviorrec.podCommon" -}}
{{- $v := .root.Values -}}
# Variables such as SAVIOR_SERVER_PORT, which services would inject, are settings to the programs.
enableServiceLinks: false
automountServiceAccountToken: false
serviceAccountName: {{ include "saviorrec.serviceAccount" .root }}
securityContext:
  {{- toYaml $v.podSecurityContext | nindent 2 }}
{{- with $v.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .place.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .place.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $tolerations := .place.tolerations }}
{{- if and .place.gpu $v.gpu.enabled }}
{{- $tolerations = append $tolerations (dict "key" "nvidia.com/gpu" "operator" "Exists" "effect" "NoSchedule") }}
{{- end }}
{{- with $tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .place.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "saviorrec.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "saviorrec.spread" -}}
{{- $root := .root -}}
{{- $track := .track -}}
{{- $revision := .revision -}}
{{- range $key, $when := dict "topology.kubernetes.io/zone" $root.Values.topologySpread.zones "kubernetes.io/hostname" $root.Values.topologySpread.hosts }}
{{- if ne $when "none" }}
- topologyKey: {{ $key }}
  maxSkew: 1
  whenUnsatisfiable: {{ $when }}
  labelSelector:
    matchLabels:
      {{- include "saviorrec.selector" (dict "root" $root "component" "server") | nindent 6 }}
      track: {{ $track }}
  # Else the pods that a rollout is about to end would count.
  matchLabelKeys: [{{ $revision }}]
{{- end }}
{{- end }}
{{- end -}}

{{/*
Health by gRPC, and by the admin pages where the port is encrypted, which the kubelet's gRPC probes cannot be.
Whether the process is alive is asked of a service of its own: a server that is not ready must not be restarted.
*/}}
{{- define "saviorrec.probes" -}}
{{- $probes := .Values.probes -}}
{{- $startup := dict "periodSeconds" $probes.startup.periodSeconds "timeoutSeconds" $probes.readiness.timeoutSeconds "failureThreshold" (div $probes.startup.seconds $probes.startup.periodSeconds | max 1) -}}
startupProbe:
  {{- include "saviorrec.probe" (dict "root" . "timing" $startup "service" "saviorrec.v1.Scoring" "page" "/readyz") | nindent 2 }}
readinessProbe:
  {{- include "saviorrec.probe" (dict "root" . "timing" $probes.readiness "service" "saviorrec.v1.Scoring" "page" "/readyz") | nindent 2 }}
livenessProbe:
  {{- include "saviorrec.probe" (dict "root" . "timing" $probes.liveness "service" "live" "page" "/healthz") | nindent 2 }}
{{- end -}}

{{- define "saviorrec.probe" -}}
{{- if .root.Values.tls.secretName }}
httpGet: {path: {{ .page }}, port: admin, scheme: {{ ternary "HTTPS" "HTTP" .root.Values.tls.admin }}}
{{- else }}
grpc: {port: 8500, service: {{ .service }}}
{{- end }}
{{ toYaml .timing }}
{{- end -}}
