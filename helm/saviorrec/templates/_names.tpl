{{/* Names, labels and images. */}}

{{- define "saviorrec.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 43 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 43 characters: a CronJob's name has 52, and so has a StatefulSet's whose pods are labelled with its revision. */}}
{{- define "saviorrec.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 43 | trimSuffix "-" -}}
{{- else if contains (include "saviorrec.name" .) .Release.Name -}}
{{- .Release.Name | trunc 43 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "saviorrec.name" .) | trunc 43 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "saviorrec.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "saviorrec.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The pods of a component, "server" or "training"; of (dict "root" $ "component" "server"). */}}
{{- define "saviorrec.selector" -}}
app.kubernetes.io/name: {{ include "saviorrec.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "saviorrec.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "saviorrec.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "saviorrec.modelsClaim" -}}
{{- default (printf "%s-models" (include "saviorrec.fullname" .)) .Values.models.pvc.existingClaim -}}
{{- end -}}

{{/* Of (dict "root" $ "image" .Values.image "suffix" ""). */}}
{{- define "saviorrec.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default (printf "%s%s" .root.Chart.AppVersion .suffix) .image.tag }}
{{- end -}}
{{- end -}}

{{/* A duration of the server's settings in milliseconds. */}}
{{- define "saviorrec.millis" -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- if eq $unit "ms" }}{{ $number }}
{{- else if eq $unit "s" }}{{ mul $number 1000 }}
{{- else if eq $unit "m" }}{{ mul $number 60000 }}
{{- else }}{{ mul $number 3600000 }}
{{- end -}}
{{- end -}}

{{/* A quantity of Kubernetes in bytes. */}}
{{- define "saviorrec.bytes" -}}
{{- if kindIs "string" . -}}
{{- $units := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "P" 1000000000000000 "E" 1000000000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 "Ei" 1152921504606846976 -}}
{{- mulf (regexFind "^[0-9.]+" . | float64) (get $units (regexFind "[kMGTPE]i?$" .)) | int64 -}}
{{- else -}}
{{- int64 . -}}
{{- end -}}
{{- end -}}

{{/* What a repository is to the server and to the trainer. */}}
{{- define "saviorrec.repository" -}}
{{- printf "/models/%s" .Values.models.path | trimSuffix "/" -}}
{{- end -}}

{{/* Whether more than one server may run at a time. */}}
{{- define "saviorrec.several" -}}
{{- if or (gt (int .Values.replicas) 1) .Values.autoscaling.enabled .Values.canary.enabled -}}true{{- end -}}
{{- end -}}

{{/* What meshes and gateways may know of the port. */}}
{{- define "saviorrec.protocol" -}}
{{- if not .Values.tls.secretName }}, appProtocol: kubernetes.io/h2c{{ end -}}
{{- end -}}
