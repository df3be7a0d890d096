{{- define "parquetry.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "parquetry.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: worker
{{- end }}

{{- define "parquetry.labels" -}}
{{ include "parquetry.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "parquetry.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (ternary (include "parquetry.name" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{- define "parquetry.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- /* Twice the drain, for a step that begins at its end, and a minute to cancel and close. */ -}}
{{- define "parquetry.gracePeriod" -}}
{{ add (mul 2 (int .Values.worker.drainSeconds)) 60 }}
{{- end }}
