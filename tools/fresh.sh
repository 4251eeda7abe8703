#!/usr/bin/env bash
# fresh.sh DIR [COMMAND...] - makes an empty Debian 12 with nothing but git in DIR (debootstrap, minbase),
# clones the committed state of this repository into it and runs ./dev COMMAND there; `test` when none is
# given. Proves that ./dev installs all it needs. Needs root and debootstrap. The machine's own package
# sources, npm settings and local certificates are handed on, since without them an inner network has no
# way out. Removes nothing outside DIR; an existing DIR is used again, its clone is made anew.
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: tools/fresh.sh DIR [COMMAND...]" >&2; exit 2; }
target=$(realpath -m "$1")
shift
[ $# -gt 0 ] || set -- test
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

mirror=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null |
  sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' | awk 'NR == 1' || true)
[ -n "$mirror" ] || { echo "fresh.sh: no Debian package source found in /etc/apt" >&2; exit 1; }

if [ ! -x "$target/usr/bin/git" ]; then
  debootstrap --variant=minbase --include=git,ca-certificates bookworm "$target" "$mirror"
  rm -f "$target/etc/apt/sources.list"
  cp -r /etc/apt/sources.list.d/. "$target/etc/apt/sources.list.d/"
  cp /etc/apt/apt.conf.d/99* "$target/etc/apt/apt.conf.d/" 2>/dev/null || true
  cp -r /usr/local/share/ca-certificates/. "$target/usr/local/share/ca-certificates/"
  chroot "$target" update-ca-certificates >/dev/null
fi
cp /etc/resolv.conf "$target/etc/resolv.conf"
grep -v nodedir "$HOME/.npmrc" >"$target/root/.npmrc" 2>/dev/null || true

rm -rf "$target/srv/tael.git" "$target/root/tael"
git clone -q --bare --no-hardlinks "$repository" "$target/srv/tael.git"

unmount() {
  umount "$target/dev/shm" "$target/dev" "$target/sys" "$target/proc" 2>/dev/null || true
}
trap unmount EXIT
mount -t proc proc "$target/proc"
mount -t sysfs sys "$target/sys"
mount --bind /dev "$target/dev"
mount -t tmpfs shm "$target/dev/shm"

env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
  NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
  chroot "$target" /bin/sh -ec '
    cd /root
    git config --global --add safe.directory "*"
    git clone -q /srv/tael.git tael
    exec tael/dev "$@"' sh "$@" </dev/null
