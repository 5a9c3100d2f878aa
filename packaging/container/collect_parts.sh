#!/bin/sh
# collect_parts.sh <directory>: copies there, below their own paths, the executable and what it needs of
# an operating system: the libraries that it links, process 1, the certificates, its user.
set -eu
parts=$1
executable=/usr/local/bin/claude-orchestrator

# Libraries by the paths that the linker looks them up under, each as a file: no link leads out.
libraries=$(ldd "$executable" | sed -n 's/^.*=> \(\/[^ ]*\) .*$/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*$/\1/p')
mkdir -p "$parts/usr/local/bin" "$parts/etc" "$parts/home"
for file in $libraries /etc/ssl/certs/ca-certificates.crt; do
  mkdir -p "$parts$(dirname "$file")"
  cp -L "$file" "$parts$file"
done
cp -L "$executable" /usr/bin/tini-static "$parts/usr/local/bin/"
mv "$parts/usr/local/bin/tini-static" "$parts/usr/local/bin/tini"
ln -s claude-orchestrator "$parts/usr/local/bin/cco"
mkdir -p "$parts/usr/share/doc"
cp -R /usr/share/doc/claude-orchestrator "$parts/usr/share/doc/"

grep -E '^(root|orchestrator):' /etc/passwd >"$parts/etc/passwd"
grep -E '^(root|orchestrator):' /etc/group >"$parts/etc/group"
# /etc/hosts first, as everywhere: without this file the C library asks the network first.
echo 'hosts: files dns' >"$parts/etc/nsswitch.conf"
install -d -m 1777 "$parts/tmp"
install -d -m 0700 -o orchestrator -g orchestrator "$parts/home/orchestrator"
