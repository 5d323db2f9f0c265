// Numbers come from the annotations as text for people; here they are only laid out. E-mail goes through html/template, which
// escapes; Slack's marks are escaped here.
#include "daemon/generate/alertmanager.h"

namespace tidemark {

std::string AlertmanagerTemplates() {
  return R"TMPL({{/* Written by tidemark generate alertmanager --templates. */}}
{{ define "tidemark.subject" -}}
[{{ if eq .Status "firing" }}{{ or .CommonLabels.severity "alert" | toUpper }}{{ else }}RESOLVED{{ end }}]{{ " " -}}
{{ or .CommonAnnotations.summary .GroupLabels.alertname "Several alerts" -}}
{{ if gt (len .Alerts) 1 }} ({{ len .Alerts.Firing }} firing, {{ len .Alerts.Resolved }} resolved){{ end -}}
{{ end }}

{{ define "tidemark.link" }}{{ with index .Alerts 0 }}{{ or .Annotations.dashboard_url .Annotations.explain_url .Annotations.runbook_url }}{{ end }}{{ end }}
{{ define "tidemark.color" }}{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else if eq .CommonLabels.severity "info" }}#439FE0{{ else }}warning{{ end }}{{ end }}

{{ define "tidemark.text" -}}
{{ range .Alerts -}}
{{ if eq .Status "resolved" }}RESOLVED: {{ end }}{{ .Annotations.summary }}
{{- if .Annotations.value }}
{{ if eq .Status "resolved" }}Last:    {{ else }}Now:     {{ end }}{{ .Annotations.value }}{{ with .Annotations.change }} ({{ . }}){{ end }}
Limit:   {{ .Annotations.limit }}
{{- with .Annotations.series }}
Of:      {{ . }}{{ end }}
{{- with .Annotations.since }}
Since:   {{ . }}{{ end }}
{{- with .Annotations.samples }}
Samples: {{ . }}{{ end }}
{{- with .Annotations.action }}
To do:   {{ . }}{{ end }}
{{- else }}
{{ .Annotations.description }}
{{- end }}
{{- with .Annotations.dashboard_url }}
Dashboard:     {{ . }}{{ end }}
{{- with .Annotations.explain_url }}
What moved it: {{ . }}{{ end }}
{{- with .Annotations.runbook_url }}
Runbook:       {{ . }}{{ end }}

{{ end }}
{{- end }}

{{ define "tidemark.slack.plain" }}{{ . | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;" }}{{ end }}
{{ define "tidemark.slack.url" }}{{ . | reReplaceAll "\\|" "%7C" | reReplaceAll "&" "&amp;" | reReplaceAll "<" "%3C" | reReplaceAll ">" "%3E" }}{{ end }}
{{ define "tidemark.slack.subject" -}}
[{{ if eq .Status "firing" }}{{ or .CommonLabels.severity "alert" | toUpper }}{{ else }}RESOLVED{{ end }}]{{ " " -}}
{{ template "tidemark.slack.plain" (or .CommonAnnotations.summary .GroupLabels.alertname "Several alerts") -}}
{{ end }}
{{ define "tidemark.slack" -}}
{{ range .Alerts -}}
{{ if eq .Status "resolved" }}Resolved: {{ end -}}
{{ if .Annotations.value -}}
{{ with .Annotations.series }}{{ template "tidemark.slack.plain" . }}: {{ end -}}
*{{ template "tidemark.slack.plain" .Annotations.value }}*{{ with .Annotations.change }} ({{ template "tidemark.slack.plain" . }}){{ end }}, limit: {{ template "tidemark.slack.plain" .Annotations.limit -}}
{{ with .Annotations.since }}, since {{ template "tidemark.slack.plain" . }}{{ end -}}
{{ with .Annotations.samples }}, from {{ . }} samples{{ end -}}
{{ with .Annotations.action }}
{{ template "tidemark.slack.plain" . }}{{ end -}}
{{ else }}{{ template "tidemark.slack.plain" .Annotations.description }}{{ end -}}
{{ with .Annotations.dashboard_url }}
<{{ template "tidemark.slack.url" . }}|Dashboard>{{ end -}}
{{ with .Annotations.explain_url }} <{{ template "tidemark.slack.url" . }}|What moved it>{{ end -}}
{{ with .Annotations.runbook_url }} <{{ template "tidemark.slack.url" . }}|Runbook>{{ end }}
{{ end -}}
{{ end }}

{{ define "tidemark.email" }}<!DOCTYPE html>
<html><body style="font-family:sans-serif;color:#223;max-width:640px">
{{ range .Alerts }}
<div style="border-left:4px solid {{ if eq .Status "resolved" }}#2a2{{ else if eq .Labels.severity "critical" }}#c22{{ else }}#e90{{ end }};padding:4px 16px;margin:16px 0">
<h2 style="font-size:16px;margin:0 0 8px">{{ if eq .Status "resolved" }}Resolved: {{ end }}{{ .Annotations.summary }}</h2>
{{ if .Annotations.value }}<p style="font-size:28px;margin:0 0 8px">{{ if eq .Status "resolved" }}was {{ end }}{{ .Annotations.value }}</p>
<table style="border-collapse:collapse;font-size:14px">
{{ with .Annotations.series }}<tr><td style="color:#667;padding:2px 16px 2px 0">Of</td><td>{{ . }}</td></tr>{{ end }}
<tr><td style="color:#667;padding:2px 16px 2px 0">Limit</td><td>{{ .Annotations.limit }}</td></tr>
{{ with .Annotations.change }}<tr><td style="color:#667;padding:2px 16px 2px 0">Change</td><td>{{ . }}</td></tr>{{ end }}
{{ with .Annotations.since }}<tr><td style="color:#667;padding:2px 16px 2px 0">Since</td><td>{{ . }}</td></tr>{{ end }}
{{ with .Annotations.samples }}<tr><td style="color:#667;padding:2px 16px 2px 0">Samples</td><td>{{ . }}</td></tr>{{ end }}
</table>
{{ with .Annotations.action }}<p><b>{{ . }}</b></p>{{ end }}{{ else }}<p>{{ .Annotations.description }}</p>{{ end }}
<p>{{ with .Annotations.dashboard_url }}<a href="{{ . }}">Dashboard</a> {{ end }}{{ with .Annotations.explain_url }}<a href="{{ . }}">What moved it</a> {{ end }}{{ with .Annotations.runbook_url }}<a href="{{ . }}">Runbook</a>{{ end }}</p>
</div>
{{ end }}
</body></html>
{{ end }}
)TMPL";
}

}  // namespace tidemark
