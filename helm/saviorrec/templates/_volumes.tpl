{{/* Files of the server: name of the volume, and of its folder in /etc/savior, to where they come from. */}}
{{- define "saviorrec.fileVolumes" -}}
{{- $v := .root.Values -}}
config:
  configMap: {name: {{ .config | quote }}}
routing:
  configMap: {name: {{ include "saviorrec.fullname" .root }}-routing}
{{- with $v.models.trustedKeys.configMapName }}
keys:
  configMap: {name: {{ . }}}
{{- end }}
{{- $secrets := dict "tls" $v.tls.secretName "authorities" $v.tls.clientAuthorities.secretName "access" $v.access.tokens.secretName }}
{{- if eq $v.items.store "redis" }}
{{- $secrets = merge $secrets (dict "redis" $v.items.redis.password.secretName "redis-authorities" $v.items.redis.authorities.secretName) }}
{{- end }}
{{- range $name, $secret := $secrets }}
{{- if $secret }}
{{ $name }}:
  # For the group of fsGroup, and nobody else.
  secret: {secretName: {{ $secret }}, defaultMode: 0440}
{{- end }}
{{- end }}
{{- end -}}

{{- define "saviorrec.modelsVolume" -}}
{{- $models := .Values.models -}}
- name: models
  {{- if eq $models.source "pvc" }}
  persistentVolumeClaim: {claimName: {{ include "saviorrec.modelsClaim" . }}}
  {{- else if eq $models.source "objectStore" }}
  emptyDir: {sizeLimit: {{ $models.objectStore.size }}}
  {{- else }}
  image: {reference: {{ $models.image.reference | quote }}, pullPolicy: {{ $models.image.pullPolicy }}}
  {{- end }}
{{- end -}}

{{/* The copy of what Redis has: it is made again by each pod. */}}
{{- define "saviorrec.itemsCopy" -}}
{{- $volume := .Values.items.volume -}}
- name: items
  {{- if $volume.storageClassName }}
  ephemeral:
    volumeClaimTemplate:
      spec:
        {{- include "saviorrec.itemsClaim" . | nindent 8 }}
  {{- else }}
  emptyDir: {sizeLimit: {{ $volume.size }}}
  {{- end }}
{{- end -}}

{{- define "saviorrec.itemsClaim" -}}
accessModes: [{{ .Values.items.volume.accessMode }}]
{{- with .Values.items.volume.storageClassName }}
storageClassName: {{ . }}
{{- end }}
resources: {requests: {storage: {{ .Values.items.volume.size }}}}
{{- end -}}

{{- define "saviorrec.initContainers" -}}
{{- with .Values.initContainers }}
{{ toYaml . }}
{{- end }}
{{- $store := .Values.models.objectStore }}
{{- if eq .Values.models.source "objectStore" }}
{{- $command := default (list "/bin/sh" "-c" (.Files.Get "files/fetch-models.sh") "fetch-models" $store.remote) $store.command }}
- name: fetch-models
  command: {{ toJson $command }}
  {{- include "saviorrec.fetcher" . | nindent 2 }}
{{- if gt (int $store.everySeconds) 0 }}
- name: follow-models
  restartPolicy: Always
  command:
    - /bin/sh
    - -c
    - |
      trap 'exit 0' TERM
      while :; do
        sleep {{ int $store.everySeconds }} & wait $!
        "$@" || echo 'the object store cannot be read; trying again' >&2
      done
    - follow-models
    {{- toYaml $command | nindent 4 }}
  {{- include "saviorrec.fetcher" . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "saviorrec.fetcher" -}}
{{- $store := .Values.models.objectStore -}}
image: {{ include "saviorrec.image" (dict "root" . "image" $store.image "suffix" "") }}
imagePullPolicy: {{ $store.image.pullPolicy }}
{{- with $store.env }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $store.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
resources:
  {{- toYaml $store.resources | nindent 2 }}
securityContext:
  {{- include "saviorrec.confined" . | nindent 2 }}
volumeMounts:
  - {name: models, mountPath: /models}
  - {name: tmp, mountPath: /tmp}
{{- end -}}
