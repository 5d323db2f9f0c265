#!/usr/bin/env bash
# A program of a newer Debian than this one, unpacked beside it: nothing is installed.
#
#   newer_debian.sh SUITE PACKAGE      prints the directory that PACKAGE of SUITE (trixie, sid) was unpacked into
#
# For statically linked programs, as those written in Go are. Needs an apt that reads Debian's own archive. Exit status 1, with a
# line that says why, where it can't be had.
set -euo pipefail
[[ $# == 2 ]] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
suite=$1 package=$2
cache=${TIDEMARK_TEST_CACHE:-$HOME/.cache/tidemark-tests}/debian/$suite
[[ -e $cache/$package/.complete ]] && { echo "$cache/$package"; exit 0; }

archive=$(apt-get indextargets --format '$(SITE) $(REPO_URI) $(COMPONENT)' 2>/dev/null |
  awk '$3 == "main" && $2 ~ /\/debian\/?$/ {print $2; exit}')
[[ -n $archive ]] || { echo "no archive of Debian in apt's sources" >&2; exit 1; }
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -e $keys ]] || { echo "no $keys to check the archive with" >&2; exit 1; }

mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
echo "deb [signed-by=$keys] $archive $suite main" >"$cache/apt/sources.list"
apt=(apt-get -q -o Dir::Etc::sourcelist="$cache/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o Dir::State::lists="$cache/apt/lists" -o Dir::Cache::archives="$cache/apt/archives"
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Acquire::Languages=none -o APT::Sandbox::User=root)
part=$(mktemp -d "$cache/part.XXXX")
trap 'rm -rf "$part"' EXIT
{ [[ -n $(ls "$cache/apt/lists" | grep _Packages) ]] || "${apt[@]}" update; cd "$part" && "${apt[@]}" download "$package"; } >&2 || {
  echo "$package of $suite can't be fetched" >&2
  exit 1
}
dpkg-deb --extract "$part"/*.deb "$part/tree"
touch "$part/tree/.complete"
rm -rf "${cache:?}/$package"
mv "$part/tree" "$cache/$package"
echo "$cache/$package"
