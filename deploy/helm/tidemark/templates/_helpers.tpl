{{- define "tidemark.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{/* At most 40 characters: "-headless", "-backup-0", ordinals and hashes of jobs come behind it. */}}
{{- define "tidemark.fullname" -}}
{{- $name := include "tidemark.name" . -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{ default $full .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "tidemark.selector" -}}
app.kubernetes.io/name: {{ include "tidemark.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tidemark.labels" -}}
{{ include "tidemark.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "tidemark.serviceAccount" -}}
{{ .Values.serviceAccount.create | ternary (default (include "tidemark.fullname" .) .Values.serviceAccount.name) (default "default" .Values.serviceAccount.name) }}
{{- end }}

{{- define "tidemark.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end -}}
{{- end }}

{{- define "tidemark.scheme" -}}
{{ .Values.web.tls | ternary "https" "http" }}
{{- end }}

{{/* What every pod of the chart is allowed: the restricted Pod Security standard. */}}
{{- define "tidemark.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "tidemark.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The files of web.clientArgs, as an item of volumeMounts and of volumes. */}}
{{- define "tidemark.clientMount" -}}
- name: client
  mountPath: /etc/tidemark-client
  readOnly: true
{{- end }}

{{- define "tidemark.clientVolume" -}}
- name: client
  secret:
    secretName: {{ .Values.web.clientSecret }}
    defaultMode: 0440
{{- end }}

{{/* A probe: (dict "root" $ "asks" "ready"). */}}
{{- define "tidemark.probe" -}}
{{- $web := .root.Values.web -}}
{{- if eq $web.probes "exec" -}}
exec:
  command:
    - tidemark
    - check
    - {{ .asks }}
    - --url={{ include "tidemark.scheme" .root }}://127.0.0.1:9464
    {{- range $web.clientArgs }}
    - {{ . | quote }}
    {{- end }}
{{- else -}}
httpGet:
  path: /-/{{ .asks }}
  port: http
  {{- if $web.tls }}
  scheme: HTTPS
  {{- end }}
{{- end }}
{{- end }}
