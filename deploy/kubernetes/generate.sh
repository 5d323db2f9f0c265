#!/usr/bin/env bash
# Alerts and dashboards of a configuration, as a kustomize component for the Prometheus operator and Grafana's sidecar.
#
#   generate.sh KPIS.yaml DIRECTORY [DASHBOARD.json...]
#
# Writes DIRECTORY/kustomization.yaml, a PrometheusRule made by `tidemark generate rules`, and a ConfigMap of the dashboards. Put
# `components: [DIRECTORY]` into your overlay, and run it anew when the configuration changes. The program is $TIDEMARK (tidemark).
set -euo pipefail
[[ $# -ge 2 ]] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
config=$1 directory=$2
shift 2

mkdir -p "$directory"
rules=$("${TIDEMARK:-tidemark}" generate rules --config.file="$config")
{
  cat <<'EOF'
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: tidemark
  labels:
    app.kubernetes.io/name: tidemark
    app.kubernetes.io/instance: tidemark
    # What your Prometheus selects by (kube-prometheus-stack: the name of its release).
    release: kube-prometheus-stack
spec:
EOF
  sed 's/^\(.\)/  \1/' <<<"$rules"
} >"$directory/prometheusrule.yaml"

{
  cat <<'EOF'
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources: [prometheusrule.yaml]
EOF
  if [[ $# -gt 0 ]]; then
    cp "$@" "$directory/"
    cat <<'EOF'
generatorOptions:
  disableNameSuffixHash: true
configMapGenerator:
  - name: tidemark-dashboards
    options:
      labels: {grafana_dashboard: "1"}
    files:
EOF
    for dashboard in "$@"; do printf '      - %s\n' "${dashboard##*/}"; done
  fi
} >"$directory/kustomization.yaml"
