#!/usr/bin/env bash
# Assembles the root file system of the image: the program, the libraries it loads, certificates, time zones, and a user.
# No shell, no package manager. The Dockerfile and the tests both make the image of it.
#
#   deploy/image/rootfs.sh PROGRAM OUT
#
# OUT/root is the file system; OUT/state/tidemark the state directory, apart since it has another owner, who gets lost where
# a directory is copied together with its files.
set -euo pipefail
program=$1 root=$2/root
[[ -x $program && ! -e $2 ]] || { echo "wanted: an executable, and a directory that is not there yet" >&2; exit 2; }
mkdir -p "$root"/{dev,etc/ssl/certs,etc/tidemark,proc,sys,usr/bin,usr/share,var/lib}
mkdir -p "$2/state" && mkdir -m 700 "$2/state/tidemark"
mkdir -m 1777 "$root/tmp"
# As Debian lays out its root, so that the loader's path holds.
for directory in bin lib lib64 sbin; do
  mkdir -p "$root/usr/$directory"
  ln -s "usr/$directory" "$root/$directory"
done

install -m 755 "$program" "$root/usr/bin/tidemark"
strip --strip-unneeded "$root/usr/bin/tidemark"
# What the program names, and what is only loaded at run time: the name services of older C libraries live in libc itself.
ldd "$program" | grep -oE '/[^ ]+' | sort -u | while read -r library; do
  real=$(realpath "$library")
  [[ $real == /usr/* ]] || real=/usr$real
  target=$root/usr/${library#/}
  [[ $library == /usr/* ]] && target=$root$library
  install -D -m 644 "$(realpath "$library")" "$target"
done
chmod 755 "$root"/usr/lib64/ld-* 2>/dev/null || true

cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
cp -r /usr/share/zoneinfo "$root/usr/share/"
rm -rf "$root"/usr/share/zoneinfo/{posix,right}
echo "tidemark:x:65532:65532:tidemark:/var/lib/tidemark:/sbin/nologin" >"$root/etc/passwd"
echo "tidemark:x:65532:" >"$root/etc/group"
echo "hosts: files dns" >"$root/etc/nsswitch.conf"
cp /etc/os-release "$root/etc/os-release"  # what scanners of images look for
# Whose files these are, and their licences.
mkdir -p "$root/usr/share/doc"
ldd "$program" | grep -oE '/[^ ]+' | sort -u | while read -r library; do
  dpkg-query -S "$library" "$(realpath "$library")" "/usr$library" 2>/dev/null || true
done | sed 's/:.*//' | sort -u >"$root/usr/share/doc/packages"
echo "ca-certificates tzdata" | tr ' ' '\n' >>"$root/usr/share/doc/packages"
while read -r package; do
  install -D -m 644 "$(realpath "/usr/share/doc/$package/copyright")" "$root/usr/share/doc/$package/copyright"
done <"$root/usr/share/doc/packages"
# shellcheck disable=SC2016  # the fields are dpkg's
xargs dpkg-query -W -f '${Package} ${Version}\n' <"$root/usr/share/doc/packages" | sort -u >"$root/usr/share/doc/packages.part"
mv "$root/usr/share/doc/packages.part" "$root/usr/share/doc/packages"
