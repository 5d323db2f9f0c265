#!/usr/bin/env bash
# Packs a finished build as a Debian package.
#
#   deploy/debian/build.sh [BUILD [OUT]]     BUILD: build/release; OUT, where the package goes: BUILD/packages
#
# Needs debhelper; `deploy/packages.sh tests` installs it. Prints the package's file name.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
build=$(realpath "${1:-$root/build/release}")
out=${2:-$build/packages}
mkdir -p "$out"
out=$(realpath "$out")
[[ -x $build/tidemark ]] || { echo "no $build/tidemark: build it first" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tidemark/debian"
cd "$work/tidemark"
cp "$here"/{control,copyright,postrm,rules,tidemark.service} debian/
install -D -m 644 "$here/tidemark.yaml" etc/tidemark/tidemark.yaml
mkdir -p examples
cp "$root"/config/examples/*.{yaml,csv} examples/
cp -r "$root/config/examples/scenarios" examples/
cp "$root/config/README.md" config.md
cp "$root"/{config/scenarios.md,daemon/README.md} .
mv README.md daemon.md
echo "etc/tidemark/tidemark.yaml etc/tidemark" >debian/tidemark.install
printf '%s\n' config.md scenarios.md daemon.md >debian/tidemark.docs
echo "examples/*" >debian/tidemark.examples
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
# Two packages of one tree are the same, byte by byte.
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH=$epoch TIDEMARK_BUILD=$build
maintainer=$(sed -n 's/^Maintainer: //p' debian/control)
printf 'tidemark (%s) unstable; urgency=medium\n\n  * Release %s.\n\n -- %s  %s\n' \
  "$version" "$version" "$maintainer" "$(LC_ALL=C date -u -R -d "@$epoch")" >debian/changelog

dpkg-buildpackage --build=binary --no-sign --no-check-builddeps >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
mv "$work"/tidemark_*.{deb,changes,buildinfo} "$out/"
echo "$out/tidemark_${version}_$(dpkg --print-architecture).deb"
